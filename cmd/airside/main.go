// SPDX-License-Identifier: Apache-2.0

// Command airside is a corporate-travel platform in one program. Run `airside --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/airside-travel/airside/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for an orderly end; without the handler the second ends the process.
	context.AfterFunc(ctx, stop)
	m := cli.Main{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	return m.Run(ctx)
}
