//go:build !windows

package desktop

import "strings"

// Quoted is a path as one word for the system's shell, in a command to copy.
func Quoted(path string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-+@:", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
