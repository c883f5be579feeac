// SPDX-License-Identifier: Apache-2.0

package vault

// Between lets a test act, or fail, between the steps of a write.
func (s *Sealed) Between(step func(string) error) { s.step = step }
