// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
)

// BenchmarkDecision is what a request pays to learn whether its caller may: rights that are known, narrowed to
// the operation, held against the company. The gate is 5 µs.
func BenchmarkDecision(b *testing.B) {
	d := newDesk(b)
	manager, err := d.newRole(admin(), acme, "User managers", `[{"permission":"USER_MANAGEMENT","actions":["READ","WRITE"]}]`)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		group := d.group(admin(), acme, "Managers "+name)
		if err := errors.Join(d.give(admin(), acme, group, manager, only("COMPANY", acme)), d.add(admin(), acme, group, ada)); err != nil {
			b.Fatal(err)
		}
	}
	d.users[mira].Roles = []string{actor.TMCAdmin}
	op := d.api.Operation("updateUser")
	need := actor.Need{Roles: op.Roles, Permission: op.Permission.Name, Action: op.Permission.Action}
	for _, tc := range []struct {
		name, user, company string
		may                 bool
	}{{"by role", mira, acme, true}, {"by grant", ada, acme, true}, {"refused", ada, globex, false}, {"nobody's", tomas, globex, false}} {
		b.Run(tc.name, func(b *testing.B) {
			caller := &actor.Actor{Tenant: tmc, ClientID: robot, UserID: tc.user}
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				a, err := d.s.Complete(b.Context(), caller)
				if err != nil {
					b.Fatal(err)
				}
				a = a.Within(need)
				if may := a != nil && a.MayCompany(tc.company) == nil; may != tc.may {
					b.Fatalf("may %t, want %t", may, tc.may)
				}
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpu is the processor time of this process in nanoseconds, which does not depend on what else the machine does.
func cpu(b *testing.B) int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}
