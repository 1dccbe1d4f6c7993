package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// keys are all keys. A test holds them to the type.
func keys() []string {
	return []string{
		"url", "store", "content", "attachments", "listen", "operations", "log", "features",
		"tls.mode", "tls.certificate", "tls.key", "tls.directory", "tls.email", "tls.cache", "tls.authorities",
		"tokens.audiences", "tokens.groups_claim",
		"limits.attachment_bytes", "limits.attachment_types", "limits.wait",
		"helpdesk.backend",
		"organization", "role",
	}
}

// texts are the keys with a string. It stands in the environment without quotes.
func texts() []string {
	return []string{
		"url", "store", "content", "attachments", "listen", "operations", "log",
		"tls.mode", "tls.certificate", "tls.key", "tls.directory", "tls.email", "tls.cache", "tls.authorities",
		"tokens.groups_claim", "helpdesk.backend",
	}
}

// Variable is the environment variable of a key.
func Variable(key string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// environment reads the values in the environment.
func (r *reading) environment(s *Settings, environment []string) {
	for _, pair := range environment {
		variable, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(variable, Prefix) {
			continue
		}
		i := slices.IndexFunc(keys(), func(key string) bool { return Variable(key) == variable })
		if i < 0 {
			r.problems = append(r.problems, Problem{Source: variable, Reason: "has no meaning; take it out of the environment"})
			continue
		}
		key := keys()[i]
		r.from[key] = variable
		literal := value
		if slices.Contains(texts(), key) {
			literal = quoted(value)
		}
		document := key + " = " + literal
		if _, err := toml.Decode(document, s); err != nil {
			var wrong toml.ParseError
			message := strings.TrimPrefix(err.Error(), "toml: ")
			if errors.As(err, &wrong) {
				message = wrong.Message
			}
			r.problems = append(r.problems, Problem{Source: variable, Reason: fmt.Sprintf("is not what %s can be: %s; write it as in the file of settings", key, message)})
		}
	}
}

// quoted is a basic string of TOML.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// lineOf finds the line of a key such as "tls.mode" or "organization[1].id", or of the table
// that it is missing in; 0 if neither is there.
func lineOf(text, key string) int {
	table, name := "", key
	if dot := strings.LastIndex(key, "."); dot >= 0 {
		table, name = key[:dot], key[dot+1:]
	}
	at, number, header := "", map[string]int{}, 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[["):
			of := strings.TrimSpace(strings.SplitN(strings.TrimPrefix(line, "[["), "]]", 2)[0])
			at = fmt.Sprintf("%s[%d]", of, number[of])
			number[of]++
		case strings.HasPrefix(line, "["):
			at = strings.TrimSpace(strings.SplitN(strings.TrimPrefix(line, "["), "]", 2)[0])
		default:
			word, _, found := strings.Cut(line, "=")
			word = strings.TrimSpace(word)
			if found && (at == table && word == name || at == "" && word == key) {
				return i + 1
			}
			continue
		}
		if at == key {
			return i + 1
		}
		if at == table || strings.SplitN(at, "[", 2)[0] == table {
			header = i + 1
		}
	}
	return header
}

// apart is how many letters two words differ by (Levenshtein's distance).
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range a {
		before := row[0]
		row[0] = i + 1
		for j := range b {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
