// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"time"
)

// Status is what doctor, metrics and `airside rotate --status` show.
type Status struct {
	Environment string `json:"environment"`
	BaseURL     string `json:"baseUrl"`
	Secret      string `json:"secret"` // the reference
	Admin       bool   `json:"admin"`  // a credential is configured that can recover a rotation
	Ready       bool   `json:"ready"`  // there is a token, or none was needed yet
	Problem     string `json:"problem,omitempty"`

	ClientID     string    `json:"clientId,omitempty"` // of the token in use; while there is none, the one beside the secret
	TokenExpires time.Time `json:"tokenExpires,omitzero"`
	TokenRefresh time.Time `json:"tokenRefresh,omitzero"`

	Age      Age      `json:"age"`
	Warnings []string `json:"warnings,omitempty"`

	Held     bool `json:"held"` // a rotation keeps requests back
	OnTheWay int  `json:"onTheWay"`
	Waiting  int  `json:"waiting"`

	Sent     int64 `json:"sent"`
	Refused  int64 `json:"refused"`  // answers 401
	Replayed int64 `json:"replayed"` // requests that were sent again because of one
	Fetches  int64 `json:"fetches"`  // of tokens, by this process

	Rotation *RotationStatus `json:"rotation,omitempty"` // the last one
}

// RotationStatus is the journal without what is nobody's business.
type RotationStatus struct {
	ID       string    `json:"id"`
	Reason   Reason    `json:"reason"`
	Strategy Strategy  `json:"strategy"`
	Step     string    `json:"step"`
	Over     bool      `json:"over"`
	Manual   bool      `json:"manual"` // a person has to act
	Trouble  string    `json:"trouble,omitempty"`
	Asked    int       `json:"asked"`
	Lost     int       `json:"lost"`
	Orphans  []string  `json:"orphans,omitempty"`
	Node     string    `json:"node,omitempty"`
	Started  time.Time `json:"started,omitzero"`
	Updated  time.Time `json:"updated,omitzero"`
	Lease    time.Time `json:"lease,omitzero"`
}

// Denied reports whether the upstream refused the credential when it was asked last, or the vault had none.
func (c *Client) Denied() bool {
	_, denied := c.broker.failing()
	return denied != nil
}

// Status reads vault and store; what cannot be read is a Problem, not an error.
func (c *Client) Status(ctx context.Context) Status {
	s := Status{
		Environment: c.env.Name, BaseURL: c.env.BaseURL, Secret: c.env.Secret.String(), Admin: c.admin != nil, Ready: true,
		Warnings: c.env.Warnings(), Sent: c.sent.Load(), Refused: c.refused.Load(), Replayed: c.replayed.Load(), Fetches: c.broker.fetches.Load(),
	}
	if c.o.Key == nil || c.o.Escrow == "" {
		s.Warnings = append(s.Warnings, "there is no escrow (a directory and a key that seals files), so nothing is rotated")
	}
	s.Held, s.OnTheWay, s.Waiting = c.gate.counts()
	now := c.o.Clock.Now()
	problem, denied := c.broker.failing()
	if t := c.broker.now.Load(); t.live(now) {
		s.ClientID, s.TokenExpires, s.TokenRefresh = t.client, t.expires, t.refresh
		problem = denied // calls pass for as long as it lives
	} else if problem != nil {
		s.Ready = false
	}
	age, err := c.age(ctx)
	if err != nil {
		problem = errors.Join(problem, safeCauseOr(err))
	}
	s.Age = age
	if s.ClientID == "" { // rotations by turns put another id into the vault than the configured one
		if held, err := c.broker.source.get(ctx, nil); err == nil {
			s.ClientID = held.client
		}
	}
	j, err := c.journal(ctx)
	if err != nil {
		problem = errors.Join(problem, err)
	}
	if j.ID != "" {
		s.Rotation = &RotationStatus{
			ID: j.ID, Reason: j.Reason, Strategy: j.Strategy, Step: string(j.Step), Over: j.over(), Manual: j.Manual, Trouble: j.Trouble,
			Asked: j.Attempt, Lost: j.Lost, Orphans: j.Orphans, Node: j.Node, Started: j.Started, Updated: j.Updated, Lease: j.Until,
		}
	}
	if problem != nil {
		s.Problem = problem.Error()
	}
	return s
}
