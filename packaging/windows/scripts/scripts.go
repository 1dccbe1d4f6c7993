// Package scripts writes into the Windows scripts what they share: each is one file that an
// administrator hands to a tool, so none can load another. A test holds the files to it.
package scripts

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/portico-desktop/portico/app/policy"
)

const (
	begin  = "# What follows is from packaging/windows/scripts/shared, where the comments are; make generate writes it anew.\n"
	end    = "# What precedes was shared.\n"
	source = "packaging/windows/scripts/shared"
	codes  = "packaging/windows/exit-codes.json"
	intune = "packaging/windows/INTUNE.md"
)

// shared are the scripts with functions of the folder shared; the others only have the table of exit codes.
var shared = map[string]bool{
	"packaging/windows/Install-Portico.ps1":         true,
	"packaging/windows/Uninstall-Portico.ps1":       true,
	"packaging/windows/Test-Portico.ps1":            true,
	"packaging/windows/Remove-PorticoLeftovers.ps1": true,
	"packaging/entra/register-app.ps1":              false,
}

// code is a row of exit-codes.json.
type code struct {
	Code    int      `json:"code"`
	Name    string   `json:"name"`
	Scripts []string `json:"scripts"`
	By      string   `json:"by"` // who ends with it, if not the script itself
	Intune  string   `json:"intune"`
	Meaning string   `json:"meaning"`
	Do      string   `json:"do"`
}

// Files are the scripts and tables as they have to be, by path from the top folder.
func Files(top string) (map[string][]byte, error) {
	read := func(path string) (string, error) {
		raw, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(path)))
		return string(raw), err
	}
	text, err := read(codes)
	if err != nil {
		return nil, err
	}
	var table struct {
		Codes []code `json:"codes"`
	}
	if err := json.Unmarshal([]byte(text), &table); err != nil {
		return nil, fmt.Errorf("%s: %w", codes, err)
	}
	preamble, functions, err := parts(filepath.Join(top, filepath.FromSlash(source)))
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for path, whole := range shared {
		if text, err = read(path); err != nil {
			return nil, err
		}
		name := filepath.Base(path)
		if whole {
			if text, err = withShared(text, name, preamble, functions); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		if text, err = withCodes(text, name, table.Codes); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[path] = []byte(withPolicies(text))
	}
	if text, err = read(intune); err != nil {
		return nil, err
	}
	if text, err = replaced(text, regexp.MustCompile(`(?m)(^\| code \| name \|.*\n\|---.*\n)(?:\|.*\n)+`), rows(table.Codes)); err != nil {
		return nil, fmt.Errorf("%s: %w", intune, err)
	}
	all[intune] = []byte(text)
	return all, nil
}

// function is one that scripts share, with the comment in it.
type function struct{ name, text string }

var functionStart = regexp.MustCompile(`(?m)^function ([A-Za-z0-9-]+) \{$`)

// parts are the beginning of every script, without the comment of its own file, and the functions
// of the other files.
func parts(dir string) (preamble string, found []function, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.ps1"))
	if err != nil {
		return "", nil, err
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return "", nil, err
		}
		_, text, _ := strings.Cut(string(raw), "\n\n")
		if filepath.Base(file) == "begin.ps1" {
			preamble = text
			continue
		}
		starts := functionStart.FindAllStringSubmatchIndex(text, -1)
		for i, at := range starts {
			stop := len(text)
			if i+1 < len(starts) {
				stop = starts[i+1][0]
			}
			found = append(found, function{text[at[2]:at[3]], strings.TrimSpace(text[at[0]:stop]) + "\n"})
		}
	}
	return preamble, found, nil
}

// withShared replaces what a script shares: all before the functions, and each function
// called by the script, or by one of those.
func withShared(text, name, preamble string, functions []function) (string, error) {
	before, rest, ok := strings.Cut(text, begin)
	_, own, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("it has not the two lines between which the shared part is")
	}
	used := map[string]bool{}
	for changed, calls := true, own; changed; {
		changed = false
		for _, f := range functions {
			if !used[f.name] && regexp.MustCompile(`\b`+f.name+`\b`).MatchString(calls) {
				used[f.name], changed = true, true
				calls += f.text
			}
		}
	}
	var b strings.Builder
	var given []string
	for _, p := range regexp.MustCompile(`(?m)^    \[(string|switch)\] \$(\w+)`).FindAllStringSubmatch(before, -1) {
		value := "$" + p[2]
		if p[1] == "switch" {
			value = "$PSBoundParameters['" + p[2] + "']"
		}
		given = append(given, p[2]+" = "+value)
	}
	// Strict mode comes first, then the numbers before anything that may need one, and the rest after the question for
	// the language mode.
	strict, after, _ := strings.Cut(preamble, "\n\n")
	language, after, _ := strings.Cut(after, "\n\n")
	fmt.Fprintf(&b, "%s\n# exit-codes.json says what each means.\n$ExitCode = @{\n}\n%s\n$ScriptName = '%s'\n$Given = @{\n%s\n}\n%s", strict, language, name, listed(given, ";"), after)
	for _, f := range functions {
		if used[f.name] {
			b.WriteString(f.text)
		}
	}
	return before + begin + compact(b.String()) + end + own, nil
}

var (
	comments = regexp.MustCompile(`(?m)^ *#.*\n|^\n`)
	heads    = regexp.MustCompile(`(?m)^(function .* \{)\n(?: *#.*\n)* *(\[CmdletBinding\(.*\)\] param\(.*\))$`)
	short    = regexp.MustCompile(`(?m)^(function .* \{ \[CmdletBinding\(.*\)\] param\(.*\))\n    (\S.*)\n\}$`)
	guards   = regexp.MustCompile(`(?m)^( *)((?:if|foreach) \(.*\)) \{\n *(.+[^{(,|\n])\n(?: *([^ }\n].*[^{(,|\n])\n)? *\}\n`)
)

// compact leaves out comments and empty lines. It also writes one or two statements beside their condition, and a function's parameters
// and its only statement beside the function: four scripts have the same text, and nobody reads it four times.
func compact(text string) string {
	const width = 220
	text = heads.ReplaceAllString(comments.ReplaceAllString(text, ""), "$1 $2")
	text = short.ReplaceAllStringFunc(text, func(whole string) string {
		if line := short.ReplaceAllString(whole, "$1; $2 }"); len(line) <= width {
			return line
		}
		return whole
	})
	return guards.ReplaceAllStringFunc(text, func(whole string) string {
		m := guards.FindStringSubmatch(whole)
		body := m[3]
		if m[4] != "" {
			body += "; " + m[4]
		}
		odd := strings.Contains(body, " # ") || regexp.MustCompile(` (-and|-or|\+|-f)$`).MatchString(m[3])
		if line := m[1] + m[2] + " { " + body + " }"; len(line) <= width && !odd {
			return line + "\n"
		}
		return whole
	})
}

// withCodes fills in the table $ExitCode and the exit codes of the help.
func withCodes(text, name string, all []code) (string, error) {
	var table []string
	var notes strings.Builder
	for _, c := range all {
		for _, s := range c.Scripts {
			if s != name {
				continue
			}
			if c.By == "" {
				table = append(table, fmt.Sprintf("%s = %d", c.Name, c.Code))
			}
			notes.WriteString(wrapped(fmt.Sprintf("%d %s: %s", c.Code, c.Name, c.Meaning)))
		}
	}
	text, err := replaced(text, regexp.MustCompile(`(?m)(^\$ExitCode = @\{\n)(?:    .*\n)*`), listed(table, ";")+"\n")
	if err != nil {
		return "", err
	}
	return replaced(text, regexp.MustCompile(`(?m)(^    Exit codes:\n)(?:    .*\n)+`), notes.String())
}

// withPolicies fills in the names of the policies, if a script has a list of them.
func withPolicies(text string) string {
	var names []string
	for _, k := range policy.Keys() {
		names = append(names, "'"+string(k.Name)+"'")
	}
	return regexp.MustCompile(`(?m)(^\$PolicyName = @\(\n)(?:    .*\n)*`).ReplaceAllString(text, "${1}"+listed(names, ",")+"\n")
}

// rows are the table of codes for Intune.
func rows(all []code) string {
	var b strings.Builder
	for _, c := range all {
		if c.Intune != "" {
			fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", c.Code, c.Name, c.Intune, c.Meaning, c.Do)
		}
	}
	return b.String()
}

// replaced replaces the text after a pattern's first group.
func replaced(text string, pattern *regexp.Regexp, with string) (string, error) {
	if !pattern.MatchString(text) {
		return "", fmt.Errorf("it has no place for %s", pattern)
	}
	return pattern.ReplaceAllString(text, "${1}"+strings.ReplaceAll(with, "$", "$$")), nil
}

// listed are the members of a list or table, as many in a line as fit; a line's end separates too.
func listed(members []string, separator string) string {
	const width = 220
	text, line := "", "   "
	for _, m := range members {
		if len(line)+len(m) > width {
			text, line = text+strings.TrimSuffix(line, separator)+"\n", "   "
		}
		line += " " + m + separator
	}
	return text + strings.TrimSuffix(line, separator)
}

// wrapped breaks words into lines of a help text.
func wrapped(words string) string {
	const width = 220
	lines, line := "", "   "
	for word := range strings.FieldsSeq(words) {
		if len(line)+1+len(word) > width {
			lines, line = lines+line+"\n", "       "
		}
		line += " " + word
	}
	return lines + line + "\n"
}
