// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import "errors"

var errLinux = errors.New("a memory limit needs Linux")

func bounded(int, int64) (func() error, error) { return nil, errLinux }

func uncached(string, string) error { return errLinux }
