// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// EvidenceIn names a review and a form.
type EvidenceIn struct {
	ID     string `path:"reviewId"`
	Format string `query:"format"`
}

// EvidenceOut is the evidence as a file.
type EvidenceOut struct {
	FileName  string `json:"fileName"`
	MediaType string `json:"mediaType"`
	Content   string `json:"contentBase64"`
	SHA256    string `json:"sha256"`
	Intact    bool   `json:"intact"` // a closed review has the hash that it was closed with
}

// Evidence is getAccessReviewEvidence: the whole review as JSON, or as Markdown for people, which names the hash of
// the JSON.
func (s *Service) Evidence(ctx context.Context, in EvidenceIn) (EvidenceOut, error) {
	d, err := s.Get(ctx, IDIn{in.ID})
	if err != nil {
		return EvidenceOut{}, err
	}
	raw, sum := evidence(d)
	out := EvidenceOut{FileName: "access-review-" + d.ID + ".json", MediaType: "application/json", SHA256: sum, Intact: d.SHA256 == "" || d.SHA256 == sum}
	if in.Format == "MARKDOWN" {
		raw = markdown(d, sum)
		h := sha256.Sum256(raw)
		out.FileName, out.MediaType, out.SHA256 = "access-review-"+d.ID+".md", "text/markdown", hex.EncodeToString(h[:])
	}
	out.Content = base64.StdEncoding.EncodeToString(raw)
	return out, nil
}

// evidence is the file of a review and its hash. The hash is not in the file.
func evidence(d Detail) (raw []byte, sum string) {
	d.SHA256 = ""
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic(err) // a struct of plain fields
	}
	raw = append(raw, '\n')
	h := sha256.Sum256(raw)
	return raw, hex.EncodeToString(h[:])
}

// File is one of those that Files gives.
type File struct {
	Name    string
	Content []byte
}

// Files are the evidence of the reviews that were open in a period, for a tenant's archive.
func (s *Service) Files(ctx context.Context, from, to time.Time) ([]File, error) {
	r := store.Read(ctx)
	var in []*storedReview
	for rec, err := range r.List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind}) {
		if err != nil {
			return nil, err
		}
		v, err := decodeReview(rec)
		if err != nil {
			return nil, err
		}
		if v.StartedAt.Before(to) && (v.ClosedAt.IsZero() || !v.ClosedAt.Before(from)) {
			in = append(in, v)
		}
	}
	var out []File
	for _, v := range in {
		d, err := detail(r, v)
		if err != nil {
			return nil, err
		}
		raw, sum := evidence(d)
		out = append(out, File{v.ID + ".json", raw}, File{v.ID + ".md", markdown(d, sum)})
	}
	return out, nil
}

// markdown is a review for people.
func markdown(d Detail, sum string) []byte {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# %s\n\n", plain(d.Title))
	p("- state: %s\n- snapshot: %s, by %s\n", d.State, d.StartedAt.Format(time.RFC3339), plain(d.StartedBy))
	if !d.Since.IsZero() {
		p("- use since: %s (the snapshot of the review before)\n", d.Since.Format(time.RFC3339))
	}
	if !d.ObservedSince.IsZero() {
		p("- use is recorded since: %s\n", d.ObservedSince.Format(time.RFC3339))
	}
	if !d.ClosedAt.IsZero() {
		p("- closed: %s, by %s\n- next review due: %s\n", d.ClosedAt.Format(time.RFC3339), plain(d.ClosedBy), d.NextDue.Format(time.RFC3339))
	}
	p("- SHA-256 of the JSON: %s\n\n## What stands out around the credentials\n\n", sum)
	list(p, d.Snapshot.Findings)
	p("## Credentials\n\n")
	for i := range d.Access {
		one(p, &d.Access[i])
	}
	p("## Roles and groups\n\n| role | of | groups |\n| --- | --- | --- |\n")
	for _, r := range d.Snapshot.Roles {
		of := "the platform"
		if !r.Platform {
			of = r.Company
		}
		p("| %s | %s | %d |\n", plain(r.Name), plain(of), r.Groups)
	}
	p("\n| group | company | roles | members |\n| --- | --- | --- | --- |\n")
	for _, g := range d.Snapshot.Groups {
		p("| %s | %s | %s | %d |\n", plain(g.Name), g.Company, plain(strings.Join(g.Roles, ", ")), g.Members)
	}
	p("\n## Vault references in use\n\n")
	for _, r := range d.Snapshot.References {
		p("- %s: %s\n", plain(r.Setting), plain(r.Reference))
	}
	if n := d.Snapshot.Policies; n != nil {
		p("\n## Operator policies\n\nSHA-256 of the file: %s\n", n.SHA256)
	}
	return []byte(b.String())
}

func one(p func(string, ...any), i *Item) {
	p("### %s (%s %s)\n\n", plain(i.Name), i.Kind, i.ID)
	if a := i.Application; a != nil {
		p("Owner %s, environment %s, networks %s, grants %s\n\n", plain(a.Owner), plain(a.Environment), plain(strings.Join(a.Networks, ", ")), plain(text(a.Grants)))
	}
	list(p, i.Findings)
	p("Used since the last review: %d operations", len(i.Used))
	if i.Opens > 0 {
		p(" of %d that are open", i.Opens)
	}
	p(".\n\nProposal: %s, because %s. %s\n\n", i.Proposal.Decision, plain(i.Proposal.Why), plain(text(i.Proposal.Grants)))
	if d := i.Decision; d != nil {
		p("Decision: %s by %s at %s (audit entry %d): %s\n\n", d.Decision, plain(d.Reviewer), d.At.Format(time.RFC3339), d.Entry, plain(d.Reason))
	}
	if r := i.Result; r != nil {
		p("Applied at %s (audit entry %d): %s\n\n", r.At.Format(time.RFC3339), r.Entry, plain(r.Change))
		if len(r.Before)+len(r.After) > 0 {
			p("- before: %s\n- after: %s\n\n", plain(text(r.Before)), plain(text(r.After)))
		}
	}
	if i.Problem != "" {
		p("Not applied: %s\n\n", plain(i.Problem))
	}
}

func list(p func(string, ...any), findings []Finding) {
	for _, f := range findings {
		p("- %s: %s\n", f.Code, plain(f.Detail))
	}
	if len(findings) > 0 {
		p("\n")
	}
}

// plain keeps what people typed from being Markdown.
func plain(s string) string {
	return strings.NewReplacer("\\", `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`, "#", `\#`, "[", `\[`, "\n", " ", "\r", " ").Replace(s)
}
