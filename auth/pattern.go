package auth

import (
	"regexp"
	"sync"
)

// pattern is a regular expression, compiled when it is first used: most starts never need
// one of those for reading refusals.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
