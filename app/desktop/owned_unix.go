//go:build linux || darwin

package desktop

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/portico-desktop/portico/app/symlink"
)

func checkOwned(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil //nolint:nilerr // there is no such place, and so nothing of anybody's
	}
	info := stat("/")
	for w := symlink.Along(path); info != nil; { // after nil it is this user's own making, or out of reach
		var next fs.FileInfo
		if w.Left() > 0 {
			next, _ = os.Lstat(w.Next())
		}
		if found := judge(w.Dir(), info, next, w.Left() == 0); found != nil {
			return found
		}
		if w.Left() == 0 {
			return nil
		}
		if next == nil || next.Mode()&fs.ModeSymlink == 0 {
			w.Enter()
			info = next
			continue
		}
		if err := w.Follow(); err != nil {
			return nil //nolint:nilerr // it cannot be reached
		}
		info = stat(w.Dir())
	}
	return nil
}

func stat(path string) fs.FileInfo {
	info, err := os.Lstat(path)
	if err != nil {
		return nil
	}
	return info
}

// judge looks at one place of a path: its owner, and the people who may write it. next
// is the next step of the way within a folder, nil for nothing; the last place is not
// gone through.
func judge(path string, info, next fs.FileInfo, last bool) *OwnerError {
	if owner, foreign := foreigner(path, info); foreign {
		return ownedBy(owner, path)
	}
	open := openTo(path, info)
	if open == "" {
		return nil
	}
	// In such a folder others can put something into an empty place. Then it is theirs,
	// and a look at it shows that.
	if !last && info.IsDir() && info.Mode()&fs.ModeSticky != 0 {
		if next == nil {
			return nil
		}
		at := filepath.Join(path, next.Name())
		if owner, foreign := foreigner(at, next); foreign {
			return ownedBy(owner, at)
		}
		return nil
	}
	return openError(path, info, open, hasMountedModes(path))
}

// openError is about a path that others may write. Mounted modes are no file's own.
func openError(path string, info fs.FileInfo, open string, mounted bool) *OwnerError {
	if mounted {
		return &OwnerError{Dir: path, Open: true, Mounted: true}
	}
	mend := "chmod " + open + "-w " + Quoted(path)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		mend = "sudo " + mend
	}
	return &OwnerError{Dir: path, Mend: mend, Open: true}
}

// ownedBy is about another user's path.
func ownedBy(owner int, path string) *OwnerError {
	e := &OwnerError{Dir: path, Owner: userName(owner), AsRoot: os.Geteuid() == 0}
	if !e.AsRoot && isInHome(path) && !isRemote(path) {
		e.InHome, e.Mend = true, giveTo(os.Geteuid(), path)
	}
	return e
}

// isInHome is true for a path without links below this user's home: nobody else's
// folders belong there.
func isInHome(path string) bool {
	home, err := os.UserHomeDir()
	if err != nil {
		return false
	}
	if home, err = filepath.EvalSymlinks(home); err != nil || home == "/" {
		return false
	}
	return path != home && within(path, home)
}

// giveTo is the command to make folders a user's.
func giveTo(uid int, dirs ...string) string {
	command := "sudo chown -R " + Quoted(userName(uid)) + ":"
	for _, dir := range dirs {
		command += " " + Quoted(dir)
	}
	return command
}

// foreigner is the owner of a place, if that is neither this user nor root. With mapped
// owners it may be this user by another number.
func foreigner(path string, info fs.FileInfo) (uid int, foreign bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	uid = int(stat.Uid)
	switch {
	case uid == 0, uid == os.Geteuid():
		return uid, false
	case uid == overflowUID && mapsUsers():
		return uid, false // the owner cannot be told
	case isRemote(path):
		return uid, uid != overflowUID && !ownsHome(uid)
	}
	return uid, true
}

// openTo says by chmod's letters who else may write a place, "" for nobody.
func openTo(path string, info fs.FileInfo) (who string) {
	mode := info.Mode()
	if mode&fs.ModeSymlink != 0 {
		return "" // its folder decides who may change it
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && mode.Perm()&0o020 != 0 && !(isOwnGroup(stat.Gid) && !grantsOthers(path)) {
		who = "g"
	}
	if mode.Perm()&0o002 != 0 {
		who += "o"
	}
	return who
}
