package desktop

import (
	"errors"
	"runtime"
	"strings"
)

// splitWords splits a command into words as a shell does with simple ones:
// blanks separate, single quotes keep everything, double quotes keep all but a
// backslash before ", \, $ or `, and outside of quotes a backslash keeps the
// next character. Nothing is expanded. On Windows a backslash is a part of
// paths and keeps nothing.
func splitWords(s string) ([]string, error) {
	escapes := runtime.GOOS != "windows"
	var words []string
	var word strings.Builder
	var quote byte
	inWord := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		last := i == len(s)-1
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'':
			word.WriteByte(c)
		case quote == '"' && c == '\\' && escapes && !last && strings.IndexByte("\"\\$`", s[i+1]) >= 0:
			i++
			word.WriteByte(s[i])
		case quote == '"':
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == '\\' && escapes:
			if last {
				return nil, errors.New("a backslash at the end keeps nothing")
			}
			i++
			word.WriteByte(s[i])
			inWord = true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quotation mark is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("no command is named")
	}
	return words, nil
}
