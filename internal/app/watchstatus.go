// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/detect"
)

// WatchStatus is how the detection of this process keeps up (schema DetectionStatus).
type WatchStatus struct {
	On      bool     `json:"on"`
	Running bool     `json:"running"`
	Seen    uint64   `json:"seen"`
	Dropped uint64   `json:"dropped"`
	Crashes uint64   `json:"crashes"`
	Queued  int      `json:"queued"`
	Behind  float64  `json:"behindSeconds"`
	Late    uint64   `json:"late"`
	Known   int      `json:"subjects"`
	Rules   int      `json:"rulesOn"`
	File    string   `json:"rulesFile,omitempty"`
	Wrong   string   `json:"rulesError,omitempty"`
	Open    []string `json:"open"`
}

// Status is getDetectionStatus.
func (w *watch) Status(ctx context.Context, _ struct{}) (WatchStatus, error) {
	out := WatchStatus{Open: []string{}}
	if w == nil {
		return out, nil
	}
	s := w.runner.Stats()
	out.On, out.Running, out.Seen, out.Dropped, out.Crashes = true, s.Running, s.Seen, s.Dropped+w.lost.Load(), s.Crashes
	out.Queued, out.Behind, out.File = s.Queued, s.Behind.Seconds(), w.rules.name
	if err := w.rules.wrong(); err != nil {
		out.Wrong = err.Error()
	}
	if !s.Running {
		return out, nil
	}
	tenant := actor.Tenant(ctx)
	return out, w.runner.Do(ctx, func(e *detect.Engine) {
		all := e.Stats()
		out.Late, out.Known, out.Rules = all.Late, all.Subjects, len(all.Rules)
		for _, a := range e.Alerts() {
			if a.Subject.Tenant == tenant || a.Subject.Kind == "tenant" && a.Subject.ID == tenant {
				out.Open = append(out.Open, a.Rule)
			}
		}
	})
}
