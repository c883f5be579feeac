// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/airside-travel/airside/internal/hrfeed"
)

// bar is a progress bar on one line of a terminal. Anywhere else it writes nothing.
type bar struct {
	out   io.Writer
	drawn int // parts of a thousand
}

func newBar(w io.Writer) *bar {
	if !terminal(w) {
		return &bar{}
	}
	return &bar{out: w, drawn: -1}
}

// terminal reports whether somebody reads along.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// show draws when the bar has moved by a part of a thousand.
func (b *bar) show(c hrfeed.Counts) {
	if b.out == nil || c.Rows == 0 {
		return
	}
	part := c.Done() * 1000 / c.Rows
	if part == b.drawn {
		return
	}
	b.drawn = part
	const width = 30
	full := min(part*width/1000, width)
	fmt.Fprintf(b.out, "\r[%s%s] %3d%%  %d/%d  created %d, updated %d, unchanged %d, refused %d ",
		strings.Repeat("#", full), strings.Repeat(".", width-full), part/10, c.Done(), c.Rows,
		c.Created, c.Updated+c.Reactivated+c.Deactivated, c.Unchanged, c.Failed)
}

func (b *bar) end() {
	if b.out != nil && b.drawn >= 0 {
		fmt.Fprintln(b.out)
	}
}
