// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/config"
)

// Main is one run of the program.
type Main struct {
	Args    []string // without the program's name
	Environ []string // as os.Environ gives it
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer

	// Contract is the API that the commands are made of; the embedded one, read when needed, when nil.
	Contract *contract.Contract

	// Dir is the folder whose repository the doctor looks at; the working folder when empty.
	Dir string

	// Upstreams gives the environments that rotate works on; those of the configuration when nil.
	Upstreams Upstreams
}

// Run carries the command out and returns the exit code. When ctx ends, servers stop gracefully.
func (m *Main) Run(ctx context.Context) int {
	root, err := m.root()
	if err != nil {
		return report(m.Stderr, err, "airside")
	}
	cmd, err := root.ExecuteContextC(ctx)
	return report(m.Stderr, err, cmd.CommandPath())
}

const rootLong = `Airside is a corporate-travel platform in one program. It speaks the public Spotnana API, with
simulated airlines, airports and time behind it, so that an integration can be built and tested on
one machine, without a network.

Start with:

  airside dev            the whole platform in memory, with a demo company and credentials
  airside api            every operation of the API as a command

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 not found, 4 denied, 5 conflict, 6 unavailable. A request
that does not fit the contract is wrong usage, and a file that is not there is not found.
Results go to standard output, everything else to standard error. No colours are ever printed.`

func (m *Main) root() (*cobra.Command, error) {
	root := &cobra.Command{
		Use:           "airside",
		Short:         "A corporate-travel platform in one program",
		Long:          rootLong,
		Example:       "  airside dev\n  airside api createUser --help\n  airside routes --missing",
		Version:       build().Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(m.Args)
	root.SetIn(m.Stdin)
	root.SetOut(m.Stdout)
	root.SetErr(m.Stderr)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		m.devCmd(), m.serveCmd(), m.tmcCmd(),
		m.tokenCmd(), m.importCmd(), m.idsCmd(), m.explainCmd(), m.usersCmd(), m.appCmd(), m.envCmd(), m.webhookCmd(), m.inboxCmd(), m.vaultCmd(), m.copyCmd(), m.auditCmd(), m.detectCmd(),
		m.alertsCmd(), m.incidentCmd(), m.accessCmd(), m.evidenceCmd(), m.secretsCmd(),
		m.routesCmd(), m.contractCmd(), m.configCmd(), m.doctorCmd(), m.versionCmd(),
	)
	if m.Upstreams == nil {
		m.Upstreams = app.Upstreams(m.Environ)
	}
	root.AddCommand(m.rotateCmd())
	completions(root)
	root.SetHelpCommand(helpCmd())
	m.completeValues(root)
	api := m.apiCmd()
	root.AddCommand(api)
	if slices.Contains(m.Args, "api") { // only then pay for reading the contract
		c, err := m.contract()
		if err != nil {
			return nil, err
		}
		for _, op := range c.Operations() {
			api.AddCommand(m.operationCmd(op))
		}
	}
	return root, nil
}

func (m *Main) contract() (*contract.Contract, error) {
	var err error
	if m.Contract == nil {
		m.Contract, err = contract.Load()
	}
	return m.Contract, err
}

// config reads the environment; every problem is named at once.
func (m *Main) config() (config.Config, error) {
	cfg, err := config.Load(m.Environ)
	if err != nil {
		return cfg, (&Failure{Exit: ExitUsage, Err: err}).hint("`airside config` lists every setting")
	}
	return cfg, nil
}
