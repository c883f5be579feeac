// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
)

const apiLong = `Api calls any operation of the API by its id. The flags of an operation are its parameters, spelled
as the contract spells them; --body takes the request's body. What you send is checked against the
contract before it leaves, and the answer goes to standard output.

The server is AIRSIDE_URL. Credentials are AIRSIDE_CLIENT_ID and AIRSIDE_CLIENT_SECRET, or
AIRSIDE_TOKEN. Without an operation, api lists all of them; with --help an operation shows its fields.`

// usageWithoutList is cobra's usage less the list of commands: 270 of them help nobody. It is written out, since
// a template of cobra's is one of text/template, which finds methods by name: the linker then keeps every
// exported method of the program, 6.5 MB of them.
func usageWithoutList(cmd *cobra.Command) error {
	flags := cmd.LocalFlags() // first: it also takes in what parents pass on, which the line of use may tell of
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s\n", strings.TrimRightFunc(flags.FlagUsages(), unicode.IsSpace))
	}
	_, err := io.WriteString(cmd.OutOrStderr(), b.String())
	return err
}

func (m *Main) apiCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "api [operation]", Short: "Call any operation of the API",
		Long: apiLong,
		Example: "  airside api\n  airside api createUser --help\n  airside api createUser --example > user.json\n" +
			"  airside api createUser --body @user.json\n  airside api queryUser --companyId 6f0c... --email ada.moreau@example.com",
		RunE: runs(func(_ *cobra.Command, args []string) error {
			c, err := m.contract()
			if err != nil {
				return err
			}
			if len(args) > 0 {
				return noOperation(c, args[0])
			}
			if asJSON {
				return m.operationsJSON(c)
			}
			m.operationsByTag(c)
			return nil
		}),
	}
	cmd.SetUsageFunc(usageWithoutList)
	cmd.Flags().BoolVar(&asJSON, "json", false, "list the operations as JSON")
	return cmd
}

func (m *Main) operationsJSON(c *contract.Contract) error {
	type line struct {
		ID      string          `json:"id"`
		Tag     string          `json:"tag"`
		Summary string          `json:"summary"`
		Method  string          `json:"method"`
		Path    string          `json:"path"`
		Effect  contract.Effect `json:"effect"`
	}
	list := []line{}
	for _, op := range c.Operations() {
		list = append(list, line{op.ID, op.Tag, op.Summary, op.Method, op.Path, op.Effect})
	}
	return printJSON(m.Stdout, list)
}

func (m *Main) operationsByTag(c *contract.Contract) {
	byTag := map[string][]*contract.Operation{}
	var tags []string
	for _, op := range c.Operations() {
		if byTag[op.Tag] == nil {
			tags = append(tags, op.Tag)
		}
		byTag[op.Tag] = append(byTag[op.Tag], op)
	}
	slices.Sort(tags)
	for i, tag := range tags {
		if i > 0 {
			fmt.Fprintln(m.Stdout)
		}
		fmt.Fprintln(m.Stdout, tag)
		for _, op := range byTag[tag] {
			fmt.Fprintf(m.Stdout, "  %-44s %s\n", op.ID, op.Summary)
		}
	}
	fmt.Fprintf(m.Stderr, "\n`airside api OPERATION --help` shows parameters and fields.\n")
}

// apiFlags are the flags that every operation has beside its parameters.
type apiFlags struct {
	base, body, patch, example, key string
	raw, noCheck, dryRun            bool
	depth                           int
	params                          map[string]*[]string // by name, as given
}

// operationCmd makes a command of an operation.
func (m *Main) operationCmd(op *contract.Operation) *cobra.Command {
	f := apiFlags{params: map[string]*[]string{}}
	cmd := &cobra.Command{
		Use: op.ID, Short: op.Summary, Args: cobra.NoArgs, Example: example(op),
		DisableFlagsInUseLine: true,
		RunE:                  runs(func(cmd *cobra.Command, _ []string) error { return m.runOperation(cmd, op, &f) }),
	}
	if op.Deprecated {
		cmd.Short += " (deprecated)"
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	for i := range op.Params {
		p := &op.Params[i]
		help := firstSentence(p.Description)
		if p.Required {
			help = strings.TrimSpace(help + " (required)")
		}
		if values := p.Schema.Target().Enum; len(values) > 0 && len(values) <= 8 {
			help = strings.TrimSpace(help + " [" + strings.Join(values, "|") + "]")
		}
		f.params[p.In+" "+p.Name] = flags.StringArray(p.Name, nil, help)
		flags.Lookup(p.Name).DefValue = ""
		if values := p.Schema.Target().Enum; len(values) > 0 {
			// The flag was made a line above: registering cannot fail.
			_ = cmd.RegisterFlagCompletionFunc(p.Name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	if op.Body != nil {
		flags.StringVar(&f.body, "body", "", "request body: JSON, @FILE, or - for standard input")
	}
	if op.Method == http.MethodPut && op.Body != nil {
		flags.StringVar(&f.patch, "patch", "", patchHelp)
	}
	flags.StringVar(&f.example, "example", "", "print an example body with made-up ids and send nothing; =answer for an example answer")
	flags.Lookup("example").NoOptDefVal = "request"
	if op.Effect != contract.Read {
		flags.StringVar(&f.key, "idempotency-key", "", "makes repeating the call safe: the same key acts once")
	}
	flags.StringVar(&f.base, "base-url", "", "server to talk to (default AIRSIDE_URL)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check and print the request, send nothing")
	flags.BoolVar(&f.noCheck, "no-check", false, "send without checking against the contract")
	flags.BoolVar(&f.raw, "raw", false, "print the answer as it came, errors too")
	flags.IntVar(&f.depth, "depth", 2, "levels of fields that --help shows")
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { m.operationHelp(cmd, op, f.depth) })
	return cmd
}

// example is a command line that would pass the check.
func example(op *contract.Operation) string {
	var b strings.Builder
	b.WriteString("  airside api " + op.ID)
	for i := range op.Params {
		if p := &op.Params[i]; p.Required {
			b.WriteString(" --" + p.Name + " " + strings.ToUpper(p.Name))
		}
	}
	if op.Body != nil && op.Body.Required {
		b.WriteString(" --body @body.json")
	}
	return b.String()
}
