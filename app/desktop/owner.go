package desktop

import "fmt"

// OwnerError says that a folder of Portico, or one around it, is not this user's alone.
type OwnerError struct {
	// Dir is the first of these folders, or the folder around it.
	Dir string
	// Owner is the name of its user, or the number of one without a name. It is "" for
	// a folder that is in order except for who may write there; see Open.
	Owner string
	// Mend is the command to give root's folders back to the person, or with Open the one
	// to keep others out. For a folder of another user it is "", but with InHome.
	Mend string
	// InHome says that another user's folder lies in this user's home. A backup was put
	// back, or this user had another number before. Mend makes it this user's.
	InHome bool
	// Open says that others may write there, and so decide on this program's actions.
	Open bool
	// Mounted says that Open comes from the way the file system is mounted. Then
	// chmod(1) changes nothing, and Mend is "".
	Mounted bool
	// AsRoot says that this program runs as root among a person's folders.
	AsRoot bool
}

func (e *OwnerError) Error() string {
	switch {
	case e.Mounted:
		return fmt.Sprintf("%s may be written by other users, as its file system is mounted; mount it for this user alone, or use another folder", e.Dir)
	case e.Open:
		return fmt.Sprintf("%s may be written by other users; close it with: %s", e.Dir, e.Mend)
	case e.Mend != "":
		return fmt.Sprintf("%s belongs to %s; give it back with: %s", e.Dir, e.Owner, e.Mend)
	case e.AsRoot:
		return fmt.Sprintf("%s belongs to %s, and this program runs as root; run it as %s", e.Dir, e.Owner, e.Owner)
	}
	return fmt.Sprintf("%s belongs to %s, who could decide what this program does; use a folder of your own", e.Dir, e.Owner)
}

// CheckOwner checks the owners of p's folders. The error is an *[OwnerError] in three
// cases: somebody else may write Data; this program runs as root and one of the folders
// lies in somebody else's, as after "sudo -E"; something in them has become root's and
// this user can no longer use it. Nothing is made. Windows has no such mix: there it is
// always nil.
func (p Paths) CheckOwner() error { return p.checkOwner() }

// CheckOwned checks that only this user and root can change the file at a path, or put one
// there. The file has to be theirs, and so has every folder above it and every one on the
// way of a symbolic link. A group may write if it has no other member. Folders in which
// nobody can move the files of others, as /tmp, lead on. The error is an *[OwnerError]. A
// missing file is nobody's. Windows is not asked: there it is always nil.
func CheckOwned(path string) error { return checkOwned(path) }

// dirs are all of Portico's folders.
func (p Paths) dirs() []string { return []string{p.Data, p.Cache, p.Runtime, p.Logs} }
