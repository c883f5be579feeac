// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

// TestUsersOfACompany drives random creations, changes, deactivations and activations and compares with a
// simple model: no two active users share an address, whoever is refused leaves no trace, and what was told
// last is what is read.
func TestUsersOfACompany(t *testing.T) {
	t.Parallel()
	w, round := newWorld(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		company := w.company(fmt.Sprintf("Company %d", round), "")
		entity := w.entity(company, "")
		w.told = nil
		type known struct {
			email  string
			active bool
		}
		model := map[string]*known{}
		var order []string
		holder := func(email string) string {
			for id, k := range model {
				if k.active && email != "" && strings.EqualFold(k.email, email) {
					return id
				}
			}
			return ""
		}
		email := rapid.SampledFrom([]string{"", "a@example.com", "A@Example.com", "b@example.com", "c@example.com"})
		body := func(address string) string {
			member := ""
			if address != "" {
				member = fmt.Sprintf(`,"email":%q`, address)
			}
			return fmt.Sprintf(`{"persona":"EMPLOYEE","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}%s}}`, company, entity, member)
		}
		expect := func(err error, code errs.Code) {
			rt.Helper()
			if code == "" && err != nil || code != "" && !errs.Is(err, code) {
				rt.Fatalf("got %v, want %q", err, code)
			}
		}
		pick := func(rt *rapid.T) string {
			if len(order) == 0 {
				rt.Skip("nobody yet")
			}
			return rapid.SampledFrom(order).Draw(rt, "user")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				address := email.Draw(rt, "email")
				out, err := call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: []byte(body(address))})
				if holder(address) != "" {
					expect(err, errs.DuplicateValue)
					return
				}
				expect(err, "")
				id := created(t, out)
				model[id] = &known{address, true}
				order = append(order, id)
			},
			"change": func(rt *rapid.T) {
				id, address := pick(rt), email.Draw(rt, "email")
				_, err := call(w, w.admin, "updateUser", w.dir.UpdateUser, directory.UserBodyIn{UserID: id, Raw: []byte(body(address))})
				switch other := holder(address); {
				case !model[id].active:
					expect(err, errs.ResourceNotFound)
				case other != "" && other != id:
					expect(err, errs.DuplicateValue)
				default:
					expect(err, "")
					model[id].email = address
				}
			},
			"deactivate": func(rt *rapid.T) {
				id := pick(rt)
				_, err := call(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: id})
				if !model[id].active {
					expect(err, errs.ResourceNotFound)
					return
				}
				expect(err, "")
				model[id].active = false
			},
			"activate": func(rt *rapid.T) {
				id := pick(rt)
				_, err := call(w, w.admin, "activateUser", w.dir.ActivateUser, directory.UserIn{UserID: id})
				if !model[id].active && holder(model[id].email) != "" {
					expect(err, errs.DuplicateValue)
					return
				}
				expect(err, "")
				model[id].active = true
			},
			"": func(rt *rapid.T) {
				last := map[string]string{}
				for _, n := range w.told {
					last[strings.TrimPrefix(n.Resource, "USER/")] = string(n.Payload)
				}
				for id, k := range model {
					shown := string(w.get(id))
					if shown != last[id] {
						rt.Fatalf("told %s\nread %s", last[id], shown)
					}
					if !strings.Contains(shown, fmt.Sprintf(`"isActive":%v`, k.active)) {
						rt.Fatalf("active is not %v: %s", k.active, shown)
					}
				}
				got, _, err := w.list(w.admin, fmt.Sprintf(`{"companyId":{"id":%q},"pagination":{"limit":1000}}`, company))
				if err != nil {
					rt.Fatal(err)
				}
				i := 0
				for _, id := range order {
					if !model[id].active {
						continue
					}
					if i >= len(got.Users) || got.Users[i].UserID.ID != id {
						rt.Fatalf("the list does not show %s at %d", id, i)
					}
					i++
				}
				if i != len(got.Users) {
					rt.Fatalf("the list shows %d, want %d", len(got.Users), i)
				}
			},
		})
	})
}
