package desktop

import (
	"fmt"
	"strings"
)

// OwnerError says that folders of Portico belong to another user than this program
// runs as.
type OwnerError struct {
	// Dir is the first of these folders, or the folder around it.
	Dir string
	// Owner is the name of its user, or the number of one without a name.
	Owner string
	// Mend is the command that gives root's folders back to the person. It is ""
	// where this program is root among a person's folders: there the person has to
	// run it.
	Mend string
}

func (e *OwnerError) Error() string {
	if e.Mend == "" {
		return fmt.Sprintf("%s belongs to %s, and this program runs as root; run it as %s", e.Dir, e.Owner, e.Owner)
	}
	return fmt.Sprintf("%s belongs to %s; give it back with: %s", e.Dir, e.Owner, e.Mend)
}

// CheckOwner says whose folders p names. The error is an *[OwnerError] where this
// program runs as root and one of them lies in the folder of somebody else, as after
// "sudo -E", and where something in them has become root's that this user can no
// longer use. Nothing is made. Windows has no such mix: there it is always nil.
func (p Paths) CheckOwner() error { return p.checkOwner() }

// dirs are all of Portico's folders.
func (p Paths) dirs() []string { return []string{p.Data, p.Cache, p.Runtime, p.Logs} }

// quoted is a path as a shell takes it.
func quoted(path string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-+@:", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
