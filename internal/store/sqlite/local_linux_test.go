// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"testing"
)

func TestNetworkFileSystems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		magic uint32
		want  error
	}{
		"nfs":     {0x6969, ErrNetwork},
		"cifs":    {0xFF534D42, ErrNetwork},
		"smb2":    {0xFE534D42, ErrNetwork},
		"ceph":    {0x00C36400, ErrNetwork},
		"ext4":    {0xEF53, nil},
		"xfs":     {0x58465342, nil},
		"btrfs":   {0x9123683E, nil},
		"tmpfs":   {0x01021994, nil},
		"overlay": {0x794C7630, nil},
	} {
		if err := localType(c.magic); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}
