// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// The files that every archive has.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.note"
	trailName     = "audit/trail.jsonl"
	keyName       = "audit/key.txt"
	controlsName  = "controls.md"
)

// format names the form of an archive.
const format = "airside evidence 1"

// maxArchive bounds an archive, which is built in memory.
const maxArchive = 40 << 20

// controls says what is evidence for what; docs/compliance.md is the same text.
//
//go:embed controls.md
var controls []byte

// File is one that a source hands in.
type File struct {
	Name    string // in the archive, with slashes
	What    string // one line
	Content []byte
}

// Source hands in files about the caller's tenant; the context carries a read transaction.
type Source func(ctx context.Context, p Period) ([]File, error)

// Keeper is the keeper of the audit trail; *keeper.Keeper is.
type Keeper interface {
	Export(ctx context.Context, tenant string, from, to time.Time, w *trailfile.Writer) error
	VerifierKey(ctx context.Context) (string, error)
	Sign(ctx context.Context, text string) (string, error)
}

// Options are what a Service needs.
type Options struct {
	Store   store.Store
	Clock   clock.Clock
	Keeper  Keeper
	Version string
	Sources []Source
}

// Service builds archives.
type Service struct{ o Options }

// New makes the service.
func New(o Options) *Service { return &Service{o} }

// Manifest is what an archive says of itself.
type Manifest struct {
	Format  string `json:"format"`
	Tenant  string `json:"tenant"`
	Version string `json:"airsideVersion,omitempty"`
	Period
	BuiltAt time.Time `json:"builtAt"`
	BuiltBy string    `json:"builtBy"`
	Files   []Listed  `json:"files"`
}

// Listed is a file of the manifest.
type Listed struct {
	Name   string `json:"name"`
	What   string `json:"what"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// BuildIn is the input of buildEvidence.
type BuildIn struct {
	Body struct {
		Period string `json:"period"`
	} `body:"json"`
}

// BuildOut is the archive as a file.
type BuildOut struct {
	FileName  string `json:"fileName"`
	MediaType string `json:"mediaType"`
	Content   string `json:"contentBase64"`
	SHA256    string `json:"sha256"`
	Files     int    `json:"files"`
}

// Build is buildEvidence. It has transactions of its own, because a checkpoint of the trail is signed on the way.
func (s *Service) Build(ctx context.Context, in BuildIn) (BuildOut, error) {
	p, err := ParsePeriod(in.Body.Period)
	if err != nil {
		return BuildOut{}, err
	}
	m := Manifest{Format: format, Tenant: actor.Tenant(ctx), Version: s.o.Version, Period: p, BuiltAt: s.o.Clock.Now().UTC(), BuiltBy: actor.From(ctx).ClientID}
	if p.From.After(m.BuiltAt) {
		return BuildOut{}, errs.Invalidf("/period", "past", "the period has not begun")
	}
	files := []File{{controlsName, "what in this archive is evidence for which control, and what is not covered", controls}}
	err = s.o.Store.View(ctx, func(ctx context.Context) error {
		for _, source := range s.o.Sources {
			more, err := source(ctx, p)
			if err != nil {
				return err
			}
			files = append(files, more...)
		}
		return nil
	})
	if err != nil {
		return BuildOut{}, err
	}
	key, err := s.o.Keeper.VerifierKey(ctx)
	if err != nil {
		return BuildOut{}, err
	}
	files = append(files, File{keyName, "the key that verifies checkpoints and the manifest; compare it with one kept elsewhere", []byte(key + "\n")})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	b := &builder{zip: zip.NewWriter(&out), size: out.Len, manifest: &m}
	for _, f := range files {
		if err := b.add(f.Name, f.What, func(w io.Writer) error { _, err := w.Write(f.Content); return err }); err != nil {
			return BuildOut{}, err
		}
	}
	if err := b.add(trailName, "the audit trail of the period with its proof", func(w io.Writer) error {
		return s.o.Keeper.Export(ctx, m.Tenant, p.From, p.To, trailfile.NewWriter(w))
	}); err != nil {
		return BuildOut{}, err
	}
	raw := m.bytes()
	signed, err := s.o.Keeper.Sign(ctx, statement(raw))
	if err != nil {
		return BuildOut{}, err
	}
	for name, content := range map[string]string{manifestName: string(raw), signatureName: signed} {
		if _, _, err := b.write(name, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
			return BuildOut{}, err
		}
	}
	if err := b.zip.Close(); err != nil {
		return BuildOut{}, err
	}
	sum := sha256.Sum256(out.Bytes())
	return BuildOut{FileName: "airside-evidence-" + p.Name + ".zip", MediaType: "application/zip", Content: base64.StdEncoding.EncodeToString(out.Bytes()),
		SHA256: hex.EncodeToString(sum[:]), Files: len(m.Files) + 2}, nil
}

// bytes is the one way to write a manifest.
func (m *Manifest) bytes() []byte {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return append(raw, '\n')
}

// statement is what is signed about a manifest.
func statement(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return format + "\n" + hex.EncodeToString(sum[:]) + "\n"
}

// builder writes an archive.
type builder struct {
	zip      *zip.Writer
	size     func() int
	manifest *Manifest
}

// add writes a file and lists it.
func (b *builder) add(name, what string, fill func(io.Writer) error) error {
	n, sum, err := b.write(name, fill)
	b.manifest.Files = append(b.manifest.Files, Listed{name, what, n, sum})
	return err
}

func (b *builder) write(name string, fill func(io.Writer) error) (n int64, sum string, err error) {
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.manifest.BuiltAt})
	if err != nil {
		return 0, "", err
	}
	c := &counter{w: w, hash: sha256.New(), full: func() bool { return b.size() > maxArchive }}
	if err := fill(c); err != nil {
		return 0, "", fmt.Errorf("evidence: %s: %w", name, err)
	}
	return c.n, hex.EncodeToString(c.hash.Sum(nil)), nil
}

// counter counts and hashes what passes, and ends when the archive is full.
type counter struct {
	w    io.Writer
	hash hash.Hash
	n    int64
	full func() bool
}

// Write passes on.
func (c *counter) Write(p []byte) (int, error) {
	if c.full() {
		return 0, errs.Invalidf("/period", "maximum", "the archive of this period is larger than %d MB; ask for its months one by one", maxArchive>>20)
	}
	c.hash.Write(p)
	c.n += int64(len(p))
	return c.w.Write(p)
}
