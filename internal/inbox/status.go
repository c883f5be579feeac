// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// StatusOut is the schema InboxStatusList.
type StatusOut struct {
	Inboxes []Status `json:"inboxes"`
}

// Status is the schema InboxStatus.
type Status struct {
	Environment string         `json:"environment"`
	Path        string         `json:"path"`
	Bearer      bool           `json:"bearerAccepted"`
	Secrets     []SecretStatus `json:"secrets"`
	Consumers   []string       `json:"consumers"`
	Since       time.Time      `json:"countedSince"` // when this process started
	Counts      []Count        `json:"counts"`
}

// SecretStatus is the schema InboxSecret. A secret that has not signed for a week is one that the real API does
// not use, or that was replaced without anybody removing it here.
type SecretStatus struct {
	Reference string    `json:"reference"`
	Matched   time.Time `json:"lastMatchedAt,omitzero"`
	Unmatched bool      `json:"unmatched"`
}

// Count is the schema InboxCount.
type Count struct {
	Result string `json:"result"`
	N      int    `json:"count"`
}

// Status carries out getInboxStatus.
func (s *Service) Status(ctx context.Context, _ struct{}) (StatusOut, error) {
	out := StatusOut{Inboxes: []Status{}}
	r, now := store.Read(ctx), s.o.Clock.Now()
	for _, name := range slices.Sorted(maps.Keys(s.envs)) {
		box := s.envs[name]
		st := Status{Environment: name, Path: "/v1/airside/inbox/" + name, Bearer: box.Bearer, Secrets: []SecretStatus{}, Consumers: []string{},
			Since: box.since.UTC(), Counts: []Count{}}
		for _, t := range box.Targets {
			st.Consumers = append(st.Consumers, t.URL)
		}
		for _, ref := range box.references() {
			_, l, err := readLately(r, s.o.Tenant, name, ref)
			if err != nil {
				return out, err
			}
			st.Secrets = append(st.Secrets, SecretStatus{ref, l.Match.UTC(), l.silent(now)})
		}
		box.mu.Lock()
		for _, result := range slices.Sorted(maps.Keys(box.counts)) {
			st.Counts = append(st.Counts, Count{result, box.counts[result]})
		}
		box.mu.Unlock()
		out.Inboxes = append(out.Inboxes, st)
	}
	return out, nil
}

func (in *inbox) references() []string {
	if in.Verifier == nil {
		return nil
	}
	return in.Verifier.References()
}

// silent reports whether a secret has not signed for too long.
func (l lately) silent(now time.Time) bool {
	last := l.Match
	if last.IsZero() {
		last = l.Since
	}
	return !last.IsZero() && now.Sub(last) >= unmatched
}
