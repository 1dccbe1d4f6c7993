//go:build linux || darwin

package desktop

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxLooked bounds how many entries of a folder are looked at. Portico's own have
// some tens.
const maxLooked = 1000

func (p Paths) checkOwner() error {
	me := os.Geteuid()
	if me == 0 {
		return p.checkRoot()
	}
	for _, path := range []string{p.Data, p.Settings()} {
		if err := checkOwned(path); err != nil {
			return err
		}
	}
	var taken []string
	for _, dir := range p.dirs() {
		// A shorter path stands for everything below it.
		if at := takenByRoot(dir, me); at != "" && !slices.ContainsFunc(taken, func(t string) bool { return within(at, t) }) {
			taken = slices.DeleteFunc(taken, func(t string) bool { return within(t, at) })
			taken = append(taken, at)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return &OwnerError{Dir: taken[0], Owner: userName(0), Mend: giveTo(me, taken...)}
}

// checkRoot looks for a person around root's folders. Everything in a person's folder
// is the person's, even if another made it, and so are the targets of the person's
// links.
func (p Paths) checkRoot() error {
	for _, dir := range p.dirs() {
		var found *OwnerError
		if errors.As(checkOwned(dir), &found) && (!found.Open || dir == p.Data) {
			return found
		}
	}
	return checkOwned(p.Settings())
}

// takenByRoot is the folder to give back so me can use dir again, "" for nothing: dir,
// or the highest folder above it that root has within a folder of mine; or dir for
// something in it. Root's folders that I can use stay as they are.
func takenByRoot(dir string, me int) string {
	highest := ""
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		around, known := ownerOf(filepath.Dir(at))
		owner, exists := ownerOf(at)
		if exists && owner == 0 && known && around == me && unix.Access(at, unix.R_OK|unix.W_OK|unix.X_OK) != nil {
			highest = at
		}
	}
	if highest != "" {
		return highest
	}
	if owner, exists := ownerOf(dir); !exists || owner != me {
		return "" // a folder of the system's: root's files belong there
	}
	found, looked := false, 0
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be looked at is judged by its owner, above it
		}
		if looked++; looked > maxLooked {
			return fs.SkipAll
		}
		mode := uint32(unix.R_OK)
		switch {
		case entry.IsDir():
			mode = unix.R_OK | unix.W_OK | unix.X_OK
		case !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // it is gone
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if ok && stat.Uid == 0 && unix.Access(path, mode) != nil {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	if found {
		return dir
	}
	return ""
}

func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
}

// overflowUID stands for every user unknown to a user namespace (user_namespaces(7)):
// the owner of its files cannot be told.
const overflowUID = 65534

func ownerOf(path string) (uid int, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == overflowUID {
		return 0, false
	}
	return int(stat.Uid), true
}

func userName(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}
