package desktop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Users whom this computer need not know; their groups have the same numbers.
const (
	ada     = 23451
	mallory = 23452
)

// asUser does something as another user: a thread takes the identity, and is thrown
// away with it.
func asUser(t *testing.T, id int, do func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		for _, set := range []uintptr{unix.SYS_SETRESGID, unix.SYS_SETRESUID} {
			if _, _, errno := unix.RawSyscall(set, uintptr(id), uintptr(id), uintptr(id)); errno != 0 {
				done <- errno
				return
			}
		}
		do()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// home is a room of root's in which everybody can get at everything.
func home(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act as several users")
	}
	dir, err := os.MkdirTemp("/tmp", "portico-owned-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// laid runs a script of root's in a folder. $A and $M are the two people.
func laid(t *testing.T, dir, script string) {
	t.Helper()
	cmd := exec.Command("sh", "-ec", "umask 022\n"+script)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", fmt.Sprintf("A=%d", ada), fmt.Sprintf("M=%d", mallory)}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestWhoCanChangeAFolder(t *testing.T) {
	for name, test := range map[string]struct {
		script string // makes home/data
		at     string // what is named, below the room; "" for nothing
		owner  int    // whose it is, 0 where it is open to others
		root   bool   // asked as root
	}{
		"her own":                              {script: "install -d -o $A home home/data"},
		"nothing there yet":                    {script: "install -d -o $A home"},
		"not even a home":                      {script: ":"},
		"root's":                               {script: "install -d home home/data"},
		"umask 002 and her own group":          {script: "install -d -o $A -g $A -m 775 home home/data"},
		"root's group":                         {script: "install -d -o $A -g 0 -m 775 home home/data"},
		"a group of others":                    {script: "install -d -o $A -g 100 -m 775 home; install -d -o $A home/data", at: "home"},
		"a group of nobody else":               {script: "install -d -o $A -g $M -m 775 home; install -d -o $A home/data", at: "home"},
		"a folder that others may write":       {script: "install -d -o $A home; install -d -o $A -m 777 home/data", at: "home/data"},
		"one above it":                         {script: "install -d -o $A -m 757 home; install -d -o $A home/data", at: "home"},
		"another user's":                       {script: "install -d -o $M home home/data", at: "home", owner: mallory},
		"another user's in hers":               {script: "install -d -o $A home; install -d -o $M home/data", at: "home/data", owner: mallory},
		"within a folder like /tmp":            {script: "install -d -m 1777 home; install -d -o $A home/data"},
		"another user's in one like /tmp":      {script: "install -d -m 1777 home; install -d -o $M home/data", at: "home/data", owner: mallory},
		"a link of hers in one like /tmp":      {script: "install -d -o $A there; install -d -m 1777 home; ln -s ../there home/data; chown -h $A home/data"},
		"another user's link there":            {script: "install -d -o $A there; install -d -m 1777 home; ln -s ../there home/data; chown -h $M home/data", at: "home/data", owner: mallory},
		"a folder like /tmp itself":            {script: "install -d -o $A home; install -d -m 1777 home/data", at: "home/data"},
		"links as stow makes them":             {script: "install -d -o $A home home/dotfiles home/dotfiles/data; ln -s dotfiles/data home/data; chown -h $A home/data"},
		"a link through another's folder":      {script: "install -d -o $M there there/data; install -d -o $A home; ln -s $PWD/there/data home/data", at: "there", owner: mallory},
		"a link through an open folder":        {script: "install -d -m 777 there; install -d -o $A there/data; install -d -o $A home; ln -s ../there/data home/data", at: "there"},
		"a link that leads nowhere":            {script: "install -d -o $A home; ln -s nowhere home/data"},
		"links without end":                    {script: "install -d -o $A home; ln -s data home/data"},
		"a list that lets somebody in":         {script: "install -d -o $A -g $A -m 775 home home/data", at: "home"},
		"root in a person's home":              {script: "install -d -o $A home home/data", at: "home", owner: ada, root: true},
		"root by a person's link":              {script: "install -d there; install -d -o $A home; ln -s ../there home/data", at: "home", owner: ada, root: true},
		"root in a folder like /tmp":           {script: "install -d -m 1777 home; install -d home/data", root: true},
		"root for root":                        {script: "install -d home home/data", root: true},
		"root where everybody may write":       {script: "install -d home; install -d -m 777 home/data", at: "home/data", root: true},
		"root where a person waits in /tmp":    {script: "install -d -m 1777 home; install -d -o $A home/data", at: "home/data", owner: ada, root: true},
		"root's, and root's group may write":   {script: "install -d -m 775 home home/data", root: true},
		"root's, and a group of people writes": {script: "install -d -g 100 -m 775 home; install -d home/data", at: "home", root: true},
	} {
		t.Run(name, func(t *testing.T) {
			room := home(t)
			laid(t, room, test.script)
			if strings.HasPrefix(name, "a list") {
				grant(t, filepath.Join(room, "home"), mallory)
			}
			id := ada
			if test.root {
				id = 0
			}
			var err error
			asUser(t, id, func() { err = CheckOwned(filepath.Join(room, "home/data")) })
			var found *OwnerError
			switch {
			case test.at == "" && err != nil:
				t.Error(err)
			case test.at != "" && !errors.As(err, &found):
				t.Errorf("nobody is found: %v", err)
			case test.at != "":
				owner := ""
				if test.owner != 0 {
					owner = strconv.Itoa(test.owner)
				}
				if found.Dir != filepath.Join(room, test.at) || found.Owner != owner || found.Open != (owner == "") || !strings.Contains(err.Error(), found.Dir) {
					t.Errorf("found %+v: %v", found, err)
				}
				if found.Open {
					repair(t, id, found.Mend, filepath.Join(room, "home/data"))
				}
			}
		})
	}
}

// repair does what a person is told to, as the person.
func repair(t *testing.T, id int, command, path string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", strings.TrimPrefix(command, "sudo "))
	if !strings.HasPrefix(command, "sudo ") {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(id), Gid: uint32(id)}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
	asUser(t, id, func() {
		if err := CheckOwned(path); err != nil {
			t.Errorf("after %s: %v", command, err)
		}
	})
}

// grant is setfacl -m u:ID:rwx.
func grant(t *testing.T, path string, id uint32) {
	t.Helper()
	list := binary.LittleEndian.AppendUint32(nil, 2)
	none := ^uint32(0)
	for _, e := range []struct {
		tag uint16
		id  uint32
	}{{0x01, none}, {aclUser, id}, {0x04, none}, {0x10, none}, {0x20, none}} {
		list = binary.LittleEndian.AppendUint16(list, e.tag)
		rights := uint16(7)
		if e.tag == 0x20 {
			rights = 5
		}
		list = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(list, rights), e.id)
	}
	if err := unix.Setxattr(path, aclAttribute, list, 0); err != nil {
		t.Skipf("no access control lists here: %v", err)
	}
}

// The groups that useradd makes belong to one user, until somebody joins.
func TestPrivateGroupsOfThisComputer(t *testing.T) {
	room := home(t)
	name := fmt.Sprintf("ada%d", os.Getpid())
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Skipf("%v: %v\n%s", args, err, out)
		}
	}
	run("useradd", "--no-create-home", "--user-group", name)
	defer run("userdel", "--force", name)
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	laid(t, room, "install -d -m 775 -o "+u.Uid+" -g "+u.Gid+" home home/data")
	ask := func() (err error) {
		asUser(t, uid, func() { err = CheckOwned(filepath.Join(room, "home/data")) })
		return err
	}
	if err := ask(); err != nil {
		t.Error(err)
	}
	run("usermod", "--append", "--groups", name, "nobody")
	if err := ask(); err == nil {
		t.Error("a group with another member may write")
	}
}

// In a user namespace, as containers have, every user from outside is the same nobody.
func TestMappedOwnersPass(t *testing.T) {
	if os.Getenv("PORTICO_TEST_OWNED") != "" {
		if err := CheckOwned(os.Getenv("PORTICO_TEST_OWNED")); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		return
	}
	room := home(t)
	laid(t, room, "install -d -o $M home home/data")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(own, "-test.run", t.Name())
	cmd.Env = append(os.Environ(), "PORTICO_TEST_OWNED="+filepath.Join(room, "home/data"))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Skipf("no user namespaces here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	cmd = exec.Command(own, "-test.run", t.Name())
	cmd.Env = append(os.Environ(), "PORTICO_TEST_OWNED="+filepath.Join(room, "home/data"))
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("outside of it another user's folder passes\n%s", out)
	}
}

// A cache that others may write is not used, and nobody is locked out for it.
func TestSharedCacheAndLogsArePassedBy(t *testing.T) {
	room := home(t)
	laid(t, room, "install -d -o $A home; install -d -m 777 open; install -d -o $M theirs")
	t.Setenv("HOME", filepath.Join(room, "home"))
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(room, "open"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(room, "theirs"))
	asUser(t, ada, func() {
		p, err := PathsFor("")
		if err != nil {
			t.Error(err)
			return
		}
		data := filepath.Join(room, "home/.local/share/portico")
		if p.Data != data || p.Cache != filepath.Join(data, "cache") || p.Logs != filepath.Join(data, "logs") || p.Shared == nil {
			t.Errorf("%+v", p)
		}
		if err := p.CheckOwner(); err != nil {
			t.Error(err)
		}
	})
}

// A settings file that others may write could name any program as the browser.
func TestSettingsThatOthersMayWrite(t *testing.T) {
	for name, script := range map[string]string{
		"by everybody":   "install -o $A -m 666 /dev/null data/settings.json",
		"another user's": "install -o $M /dev/null data/settings.json",
		"a link":         "install -d -o $M there; install -o $M /dev/null there/s; ln -s ../there/s data/settings.json",
	} {
		room := home(t)
		laid(t, room, "install -d -o $A data\n"+script)
		p := Paths{Data: filepath.Join(room, "data")}
		asUser(t, ada, func() {
			if err := p.CheckOwner(); err == nil {
				t.Errorf("%s: it passes", name)
			}
		})
	}
}
