// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestSuggestedCommands holds every command that a text of the program or a page suggests to the commands that there
// are: a hint that does not work is worse than none.
func TestSuggestedCommands(t *testing.T) {
	t.Parallel()
	m := Main{Args: []string{"api"}}
	root, err := m.root()
	if err != nil {
		t.Fatal(err)
	}
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	look := func(where, text string) {
		for _, s := range suggestions(text) {
			seen++
			if err := known(root, s); err != nil {
				t.Errorf("%s: airside %s: %v", where, strings.Join(s, " "), err)
			}
		}
	}
	err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() {
			if path != top && (strings.HasPrefix(name, ".") || name == "bin" || name == "adr") { // decisions of the past keep their words
				return filepath.SkipDir
			}
			return nil
		}
		where, _ := filepath.Rel(top, path)
		switch ext := filepath.Ext(path); {
		case where == "CHANGELOG.md", strings.HasSuffix(path, "_test.go"):
		case ext == ".go":
			return goTexts(path, func(line int, text string) { look(fmt.Sprintf("%s:%d", where, line), text) })
		case ext == ".md", ext == ".yaml", ext == ".yml", ext == ".json", ext == ".sh":
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			look(where, string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 300 {
		t.Errorf("only %d suggestions were found: they are looked for in the wrong way", seen)
	}
}

// TestSuggestionsAreRead says what is seen as a command and which are wrong.
func TestSuggestionsAreRead(t *testing.T) {
	t.Parallel()
	m := Main{Args: []string{"api"}}
	root, err := m.root()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		text string
		want string // the error; - for no suggestion at all
	}{
		{"nobody; airside incident contacts set LEAD", "accepts at most 1 arg(s), received 2"},
		{"`airside incident contacts LEAD --name … --mail …`", "there is no flag --mail"},
		{"`airside incident contact`", "there is no command contact"},
		{"x=$(airside api createUser --body '{\n\"a\": \"airside nope\"}' | jq .)", ""},
		{"AIRSIDE_X=1 airside serve > log 2>&1", ""},
		{"run airside doctor, then it says what", ""},
		{"airside app create --name x \\\n  --owners y", "there is no flag --owners"},
		{"an airside audit entry 1", "-"},
		{"in airside there is", "there is no command there"},
	} {
		all := suggestions(tc.text)
		if len(all) == 0 {
			if tc.want != "-" {
				t.Errorf("%q has no suggestion", tc.text)
			}
			continue
		}
		got := ""
		if err := known(root, all[0]); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%q: %q, want %q (%q)", tc.text, got, tc.want, all)
		}
	}
}

// goTexts gives the texts in a Go file, put together where they are; what is not known before it runs is X.
func goTexts(path string, fn func(line int, text string)) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if n.Tag != nil { // help texts stand in tags
				fn(set.Position(n.Pos()).Line, n.Tag.Value[1:len(n.Tag.Value)-1])
			}
		case *ast.BinaryExpr, *ast.BasicLit:
			if text := joined(n.(ast.Expr)); strings.Contains(text, "airside ") {
				fn(set.Position(n.Pos()).Line, text)
				return false
			}
		}
		return true
	})
	return nil
}

func joined(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return joined(e.X) + joined(e.Y)
		}
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); e.Kind == token.STRING && err == nil {
			return text
		}
	}
	return "X"
}

var templates = regexp.MustCompile(`\{\{[^}]*\}\}`)

var begins = regexp.MustCompile(`(^|[^\w/.@#-])airside (-?[a-z])`)

// names are words of ours that are no commands: what is hashed, a format, a heading.
var names = []string{"audit trail 1", "audit entry 1", "audit checkpoint 1", "evidence 1", "access X", "detection",
	"air token ", "offer tokens", "company key", "master key", "version\x00", "this many"}

// ends are words of a sentence that a command is named in.
var ends = []string{"says", "shows", "stores", "reads", "lists", "prints", "does", "is", "are", "and", "or", "with", "that", "applies", "gives"}

// suggestions are the commands in a text, each as its words without the program.
func suggestions(text string) (all [][]string) {
	text = templates.ReplaceAllString(text, "X")
	for _, at := range begins.FindAllStringSubmatchIndex(text, -1) {
		rest := text[at[4]:]
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(rest, name) }) {
			continue
		}
		quoted := at[2] < at[3] && text[at[2]] == '`'
		if words := words(rest, quoted); len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

// words splits a command as a shell would, up to where it ends: at the quote that it stands in, the end of the line
// or a pipe, or where the sentence goes on.
func words(text string, quoted bool) (all []string) {
	var word strings.Builder
	begun := false
	var quote rune
	end := func() (stop bool) {
		if !begun {
			return false
		}
		w := word.String()
		word.Reset()
		begun = false
		if slices.Contains(ends, w) {
			return true
		}
		trimmed := strings.TrimRight(w, ",:)*'\"")
		if dot, ok := strings.CutSuffix(trimmed, "."); ok && !strings.HasSuffix(dot, ".") && dot != "" {
			trimmed = dot
		}
		all = append(all, trimmed)
		return trimmed != w
	}
	escaped, more := false, false // more: the line goes on in the next one
	var before rune
	for _, c := range text {
		last := before
		before = c
		switch {
		case escaped:
			escaped = false
			switch c {
			case '\n':
				more = true
			case 'n': // in JSON the end of a line
				end()
				return all
			default:
				word.WriteRune(c)
				begun = true
			}
		case c == '`' && quoted:
			end()
			return all
		case c == '\\' && quote != '\'':
			escaped = true
		case quote != 0:
			if c == quote {
				quote = 0
				continue
			}
			word.WriteRune('v') // what a value says does not matter
		case (c == '\'' || c == '"') && !begun:
			quote, begun = c, true
		case c == ' ':
			if last == ' ' && !more && !quoted { // the next column
				return all
			}
			if end() {
				return all
			}
		case strings.ContainsRune("\n|;&<>()#`", c), c == '"' && begun:
			if c == '>' && strings.HasSuffix(word.String(), "2") { // 2> log
				return all
			}
			end()
			return all
		default:
			word.WriteRune(c)
			begun, more = true, false
		}
	}
	end()
	return all
}

var placeholder = regexp.MustCompile(`^(\[?[A-Z][A-Z-]+\]?|X|%[sq]|…)$`)

// known reports what is wrong with a command.
func known(root *cobra.Command, words []string) error {
	cmd := root
	var args []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		if name, isFlag := strings.CutPrefix(w, "-"); isFlag && name != "" {
			name, _, assigned := strings.Cut(strings.TrimPrefix(name, "-"), "=")
			if name == "help" || name == "h" || name == "version" && cmd == root {
				continue
			}
			f := cmd.Flag(name)
			if f == nil {
				return fmt.Errorf("there is no flag --%s", name)
			}
			if f.NoOptDefVal == "" && !assigned {
				i++
			}
			continue
		}
		if len(args) == 0 {
			if at := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == w || c.HasAlias(w) }); at >= 0 {
				cmd = cmd.Commands()[at]
				continue
			}
			if cmd.HasSubCommands() && placeholder.MatchString(w) {
				return nil
			}
			if cmd.HasSubCommands() && cmd.Args == nil {
				return fmt.Errorf("there is no command %s", w)
			}
		}
		args = append(args, w)
	}
	if len(args) > 0 && cmd != root {
		return cmd.ValidateArgs(args)
	}
	return nil
}
