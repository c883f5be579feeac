// SPDX-License-Identifier: Apache-2.0

package ids

import "testing"

func TestSecretsCarryAChecksum(t *testing.T) {
	t.Parallel()
	for range 1000 {
		s := Secret("asc_")
		if got := CheckedSecret(s); got != ChecksumRight {
			t.Fatalf("CheckedSecret(%q) = %v", s, got)
		}
		b := []byte(s)
		b[10] ^= 1 // still base64url or not: another text in any case
		if got := CheckedSecret(string(b)); got != ChecksumWrong {
			t.Fatalf("a changed secret %q: %v", b, got)
		}
		if got := CheckedSecret(s[:len(s)-checksumLength]); got != ChecksumAbsent {
			t.Fatalf("a secret of an older version: %v", got)
		}
	}
}
