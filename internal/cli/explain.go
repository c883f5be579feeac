// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/bodylog"
	"github.com/airside-travel/airside/internal/operator"
	"github.com/airside-travel/airside/internal/redact"
)

func (m *Main) explainCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "explain REQUEST-ID", Short: "Say why a request was answered as it was",
		Long: "Explain shows what each stage decided about a recent request and what to do about an error. The id is the\n" +
			"debugIdentifier of an error answer, or the X-Request-Id of any. With --bodies it shows what the request and its\n" +
			"answer said instead, where the server keeps bodies (AIRSIDE_LOG_BODIES): redacted and cut. Only administrators\n" +
			"may, and each reading leaves an entry in the audit trail.",
		Example: "  airside explain 4bf92f3577b34da6a3ce929d0e0e4736\n  airside explain --bodies 4bf92f3577b34da6a3ce929d0e0e4736 --json | jq -r .request.text",
		Args:    cobra.ExactArgs(1),
	}
	bodies := cmd.Flags().Bool("bodies", false, "show what the request and its answer said")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		at := "/v1/airside/requests/" + url.PathEscape(path.Base(args[0])) // the link of an error works, too
		if *bodies {
			body, err := r.get(ctx, at+"/bodies")
			return body, decoded(m.printBodies), err
		}
		body, err := r.get(ctx, at)
		return body, decoded(m.printExplanation), err
	})
}

func (m *Main) printExplanation(e operator.Explanation) error {
	fmt.Fprintf(m.Stdout, "%s %s %s: %d %s\n", e.At.Format("2006-01-02 15:04:05Z07:00"), e.Method, e.Path, e.Status, strings.TrimSpace(e.Operation+" "+e.ErrorCode))
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range e.Stages {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", s.Name, strings.ToLower(s.Decision), strings.TrimSpace(s.Rule+"  "+s.Detail))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if e.Hint != "" {
		fmt.Fprintf(m.Stdout, "hint: %s\n", e.Hint)
	}
	switch e.Bodies {
	case "QUEUED":
		fmt.Fprintf(m.Stdout, "bodies: airside explain --bodies %s\n", e.RequestID)
	case "DROPPED":
		fmt.Fprintln(m.Stdout, "bodies: there was no place for them")
	}
	return nil
}

func (m *Main) printBodies(b bodylog.Bodies) error {
	fmt.Fprintf(m.Stdout, "%s %s: %d (kept until %s)\n", b.At.Format("2006-01-02 15:04:05Z07:00"), b.Operation, b.Status, b.ExpiresAt.Format("2006-01-02 15:04Z07:00"))
	m.printBody("request", b.Request)
	m.printBody("answer", b.Response)
	return nil
}

func (m *Main) printBody(name string, k *bodylog.Kept) {
	if k == nil {
		fmt.Fprintf(m.Stdout, "%s: no body\n", name)
		return
	}
	fmt.Fprintf(m.Stdout, "%s: %d bytes of %s", name, k.Bytes, k.MediaType)
	switch {
	case k.Withheld == "MALFORMED":
		fmt.Fprint(m.Stdout, ", not shown: it is not what the type says")
	case k.Withheld != "":
		fmt.Fprint(m.Stdout, ", not shown: the contract describes no body of this type here")
	case k.Truncated:
		fmt.Fprint(m.Stdout, ", the beginning:")
	}
	fmt.Fprintln(m.Stdout)
	var pretty bytes.Buffer
	if k.Text == "" {
		return
	}
	if json.Indent(&pretty, []byte(k.Text), "  ", "  ") != nil {
		pretty.Reset()
		pretty.WriteString(k.Text)
	}
	fmt.Fprintf(m.Stdout, "  %s\n", redact.Block(pretty.String(), 2*bodylog.MaxText))
}
