// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/airside-travel/airside/internal/audit/trailfile"
)

// Report is what Verify found.
type Report struct {
	Manifest Manifest         `json:"manifest"`
	Trail    trailfile.Report `json:"trail"`
	Signed   bool             `json:"signed"` // the manifest, by the key of the trail or the one that was given
	Intact   bool             `json:"intact"`
	Problems []string         `json:"problems,omitempty"`
}

// maxManifest bounds what is read of a file that says what the others are.
const maxManifest = 16 << 20

// Verify reads an archive. It needs nothing else.
func Verify(r io.ReaderAt, size int64, o trailfile.Options) Report {
	v := &verifier{files: map[string]*zip.File{}}
	z, err := zip.NewReader(r, size)
	if err != nil {
		v.wrong("the archive cannot be opened: %v", err)
		return v.Report
	}
	for _, f := range z.File {
		if v.files[f.Name] != nil {
			v.wrong("%q is there twice", f.Name)
		}
		v.files[f.Name] = f
	}
	raw, ok := v.read(manifestName, maxManifest)
	if ok && v.manifest(raw) {
		v.listed()
		v.trail(o)
		v.signature(raw, o)
	}
	v.Intact = len(v.Problems) == 0
	return v.Report
}

type verifier struct {
	Report
	files map[string]*zip.File
}

func (v *verifier) wrong(text string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(text, args...))
}

// read reads a file of the archive whole.
func (v *verifier) read(name string, most int64) ([]byte, bool) {
	f := v.files[name]
	if f == nil {
		v.wrong("%s is missing", name)
		return nil, false
	}
	in, err := f.Open()
	if err != nil {
		v.wrong("%s cannot be read: %v", name, err)
		return nil, false
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil || int64(len(raw)) > most {
		v.wrong("%s cannot be read: %v", name, err)
		return nil, false
	}
	return raw, true
}

// manifest reads the manifest, which has one form.
func (v *verifier) manifest(raw []byte) bool {
	if err := json.Unmarshal(raw, &v.Manifest); err != nil || v.Manifest.Format != format {
		v.wrong("%s is no manifest of this form", manifestName)
		return false
	}
	if !bytes.Equal(v.Manifest.bytes(), raw) {
		v.wrong("%s was altered", manifestName)
	}
	return true
}

// listed compares every file with the manifest, and the other way round.
func (v *verifier) listed() {
	known := map[string]bool{manifestName: true, signatureName: true}
	for _, l := range v.Manifest.Files {
		known[l.Name] = true
		f := v.files[l.Name]
		if f == nil {
			v.wrong("%s is missing", l.Name)
			continue
		}
		sum, n, err := digest(f, l.Bytes)
		switch {
		case err != nil:
			v.wrong("%s was altered: %v", l.Name, err)
		case n != l.Bytes || sum != l.SHA256:
			v.wrong("%s was altered: its SHA-256 is %s and not %s", l.Name, sum, l.SHA256)
		}
	}
	for name := range v.files {
		if !known[name] {
			v.wrong("%q was added", name)
		}
	}
}

func digest(f *zip.File, most int64) (sum string, n int64, err error) {
	in, err := f.Open()
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	h := sha256.New()
	n, err = io.Copy(h, io.LimitReader(in, most+1))
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// trail verifies the audit trail.
func (v *verifier) trail(o trailfile.Options) {
	f := v.files[trailName]
	if f == nil {
		v.wrong("%s is missing", trailName)
		return
	}
	in, err := f.Open()
	if err != nil {
		v.wrong("%s cannot be read: %v", trailName, err)
		return
	}
	defer in.Close()
	if v.Trail, err = trailfile.Verify(in, o); err != nil {
		v.wrong("%s cannot be read: %v", trailName, err)
		return
	}
	if !v.Trail.Intact {
		for _, p := range v.Trail.Problems {
			v.wrong("%s: %s", trailName, p)
		}
	}
	if v.Trail.Tenant != v.Manifest.Tenant {
		v.wrong("the audit trail is of %s and the archive of %s", v.Trail.Tenant, v.Manifest.Tenant)
	}
}

// signature checks who vouches for the manifest.
func (v *verifier) signature(manifest []byte, o trailfile.Options) {
	signed, ok := v.read(signatureName, maxManifest)
	if !ok {
		return
	}
	text, ok := v.read(keyName, maxManifest)
	if !ok {
		return
	}
	key := o.Key
	if key == nil {
		var err error
		if key, err = note.NewVerifier(strings.TrimSpace(string(text))); err != nil {
			v.wrong("%s holds no key", keyName)
			return
		}
		if v.Trail.Key != "" && strings.TrimSpace(string(text)) != v.Trail.Key {
			v.wrong("%s is another key than that of the audit trail", keyName)
		}
	}
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil || n.Text != statement(manifest) || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		v.wrong("the manifest is not signed by the key")
		return
	}
	if again, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}); err != nil || !bytes.Equal(again, signed) {
		v.wrong("%s was altered", signatureName)
		return
	}
	v.Signed = true
}
