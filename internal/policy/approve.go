// SPDX-License-Identifier: Apache-2.0

package policy

import "slices"

// strictness orders approvalProcessType (CHOICE of the policy page, §4.1).
func strictness(approval string) int {
	return slices.Index([]string{"NONE", "PASSIVE_APPROVAL", "SOFT_APPROVAL", "HARD_APPROVAL", "PRE_APPROVAL", "PREVENT_BOOKING"}, approval)
}

// approve finds the approval a judged booking needs: of the list for its case, every entry for the travel type
// one of whose conditions holds, the strictest wins. An agent's own list counts only with
// enableAgentActionOverride, and then a rule that prevents the booking does not stop the agent.
func (r *Rules) approve(out *Result, travelType string, byAgent bool) {
	list := r.inPolicy
	if out.OutOfPolicy {
		list = r.outOfPolicy
	}
	override := byAgent && r.agentOverride && out.OutOfPolicy
	if override {
		list = r.outOfPolicyAgent
	}
	out.Approval = "NONE"
	for i := range list {
		a := &list[i]
		if len(a.Travel) > 0 && !slices.Contains(a.Travel, travelType) || !a.holds(out.Region) {
			continue
		}
		if strictness(a.Type) > strictness(out.Approval) {
			out.Approval, out.Approvers = a.Type, a.approvers
		}
	}
	for _, v := range out.Violations {
		if v.Prevent && !override && !out.Prevented {
			out.Prevented, out.Reason = true, v.Reason
		}
	}
	if out.Prevented {
		out.Approval, out.Approvers = "PREVENT_BOOKING", nil
	}
	out.Prevented = out.Approval == "PREVENT_BOOKING"
}

// holds: no condition at all holds; else one condition all of whose rules do.
func (a *approvalInfo) holds(region string) bool {
	if len(a.Conditions) == 0 {
		return true
	}
	for _, c := range a.Conditions {
		all := true
		for _, rule := range c.Rules {
			if want := rule.Region.Type; want != "" && want != region {
				all = false
			}
		}
		if all {
			return true
		}
	}
	return false
}
