// SPDX-License-Identifier: Apache-2.0

package h1

import (
	"bufio"
	"errors"
	"net"
	"os"
)

// ahead is a TCP connection under TLS, which reads more from it than it hands out: whole records, and the beginning of
// one. It follows where records end.
type ahead struct {
	net.Conn
	head [5]byte // of a record: type, version, length
	have int     // of the head
	left int     // of what the head announced
	shut bool    // nothing more is read at present
}

// Read reads.
func (a *ahead) Read(p []byte) (int, error) {
	if a.shut {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := a.Conn.Read(p)
	for b := p[:n]; len(b) > 0; {
		if k := min(a.left, len(b)); k > 0 {
			a.left, b = a.left-k, b[k:]
			continue
		}
		k := copy(a.head[a.have:], b)
		b = b[k:]
		if a.have += k; a.have == len(a.head) {
			a.have, a.left = 0, int(a.head[3])<<8|int(a.head[4])
		}
	}
	return n, err
}

// spent reports whether nothing was read ahead that would be taken for the next answer. r reads from the TLS above, which
// is told that it is late when it would read more: of all errors, that one does not end the connection. No deadline
// is set for it, since that moves timers. What TLS finds for itself, such as a ticket, it takes.
func (a *ahead) spent(r *bufio.Reader) bool {
	a.shut = true
	_, err := r.Peek(1)
	a.shut = false
	return errors.Is(err, os.ErrDeadlineExceeded) && a.have == 0 && a.left == 0
}
