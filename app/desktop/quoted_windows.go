package desktop

import "strings"

// Quoted is a path as one word for the system's shells, in a command to copy. No path
// has a quotation mark in it.
func Quoted(path string) string {
	if strings.ContainsAny(path, " &()[]{}^=;!'+,`~@#$%") {
		return `"` + path + `"`
	}
	return path
}
