// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"bytes"
	"fmt"
	"strings"
)

// A report is plain text on pages, so it is written here: the libraries for PDF are archived, or bring fonts,
// barcodes and pictures along. The fonts are the standard ones that every reader has; letters outside Western
// European ones are shown as question marks (the Markdown has them all).

// A4 in points, with its margins.
const (
	pageWidth, pageHeight = 595.0, 842.0
	margin                = 56.0
)

// widths of Helvetica for the characters from space to tilde, in thousandths of the size.
//
//nolint:gochecknoglobals // a constant table
var widths = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

func width(text []byte, size float64, bold bool) float64 {
	sum := 0
	for _, c := range text {
		if c >= ' ' && c <= '~' {
			sum += widths[c-' ']
		} else {
			sum += 600
		}
	}
	if bold {
		sum += sum / 12 // wide enough for Helvetica-Bold
	}
	return float64(sum) * size / 1000
}

// pdf writes the lines as a document.
func pdf(name string, lines []line) []byte {
	p := &paper{}
	for _, l := range lines {
		switch l.style {
		case title:
			p.print(l.text, 18, true, 0, 10)
		case heading:
			p.print(l.text, 13, true, 0, 14)
		case item:
			p.print("- "+l.text, 9.5, false, 8, 3)
		case fact:
			p.print(l.name+": "+l.text, 10, false, 0, 3)
		default:
			p.print(l.text, 10.5, false, 0, 6)
		}
	}
	return p.finish(name)
}

// paper is pages that are being written on.
type paper struct {
	pages []*bytes.Buffer
	y     float64
}

func (p *paper) print(text string, size float64, bold bool, indent, above float64) {
	leading := size * 1.3
	p.y -= above
	for para := range strings.SplitSeq(text, "\n") {
		for _, row := range rows(western(para), size, bold, pageWidth-2*margin-indent) {
			if len(p.pages) == 0 || p.y-leading < margin {
				p.pages = append(p.pages, new(bytes.Buffer))
				p.y = pageHeight - margin
			}
			p.y -= leading
			font := "F1"
			if bold {
				font = "F2"
			}
			fmt.Fprintf(p.pages[len(p.pages)-1], "BT /%s %.1f Tf %.1f %.1f Td (%s) Tj ET\n", font, size, margin+indent, p.y, escape(row))
		}
	}
}

// rows breaks text at spaces, and words that are wider than a line anywhere.
func rows(text []byte, size float64, bold bool, room float64) (out [][]byte) {
	var row []byte
	for word := range bytes.SplitSeq(text, []byte(" ")) {
		next := append(append(bytes.Clone(row), ' '), word...)
		if len(row) == 0 {
			next = bytes.Clone(word)
		}
		if width(next, size, bold) <= room {
			row = next
			continue
		}
		if len(row) > 0 {
			out = append(out, row)
		}
		for row = bytes.Clone(word); width(row, size, bold) > room; {
			n := len(row) - 1
			for width(row[:n], size, bold) > room {
				n--
			}
			out, row = append(out, row[:n]), row[n:]
		}
	}
	return append(out, row)
}

// western encodes as WinAnsi, as far as that goes.
func western(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		switch {
		case r >= ' ' && r <= '~', r >= 0xa1 && r <= 0xff:
			out = append(out, byte(r))
		case r == '–' || r == '—':
			out = append(out, '-')
		case r == '…':
			out = append(out, "..."...)
		case r == '“' || r == '”':
			out = append(out, '"')
		case r == '’' || r == '‘':
			out = append(out, '\'')
		case r == '€':
			out = append(out, 0x80)
		default:
			out = append(out, '?')
		}
	}
	return out
}

func escape(text []byte) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '(' || c == ')' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// finish writes the objects and the table of where they begin.
func (p *paper) finish(name string) []byte {
	var b bytes.Buffer
	var begins []int
	object := func(format string, args ...any) {
		begins = append(begins, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(begins))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	const fixed = 5 // objects before the pages
	var kids strings.Builder
	for i := range p.pages {
		fmt.Fprintf(&kids, "%d 0 R ", fixed+1+2*i)
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [%s] /Count %d >>", kids.String(), len(p.pages))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
	object("<< /Title (%s) /Producer (Airside) >>", escape(western(name)))
	for i, page := range p.pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.0f %.0f] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents %d 0 R >>", pageWidth, pageHeight, fixed+2+2*i)
		fmt.Fprintf(page, "BT /F1 8 Tf %.1f %.1f Td (%d / %d) Tj ET\n", pageWidth-margin-20, margin/2, i+1, len(p.pages))
		object("<< /Length %d >>\nstream\n%s\nendstream", page.Len(), page.String())
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(begins)+1)
	for _, at := range begins {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(begins)+1, table)
	return b.Bytes()
}
