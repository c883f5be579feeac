// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd

package h1

import (
	"errors"
	"net"
	"syscall"
)

// peek looks at a connection without reading.
type peek struct {
	raw  syscall.RawConn // nil: it cannot be looked at
	look func(fd uintptr)
	err  error
	one  [1]byte
}

func (p *peek) of(c net.Conn) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return
	}
	p.raw = raw
	p.look = func(fd uintptr) {
		_, _, p.err = syscall.Recvfrom(int(fd), p.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	}
}

// alive reports whether the other side has neither closed the connection nor said anything unasked.
func (p *peek) alive() bool {
	if p.raw == nil {
		return true
	}
	if p.raw.Control(p.look) != nil {
		return false
	}
	return errors.Is(p.err, syscall.EAGAIN)
}
