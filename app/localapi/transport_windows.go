package localapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

const lockFlags = os.O_CREATE | os.O_RDONLY

// lockName names the terminal-services session too: the directory is one for
// all sessions of a user, the agent is not.
func lockName() string {
	return "agent-" + strconv.FormatUint(uint64(sessionID()), 10) + ".lock"
}

// makePrivate makes the directory. It holds nothing but the lock: the pipe's own security
// descriptor decides on connections.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the runtime directory: %w", err)
	}
	return nil
}

func listen(dir string) (l net.Listener, file string, err error) {
	me, err := whoAmI()
	if err != nil {
		return nil, "", err
	}
	name := pipePrefix() + rand.Text()
	l, err = winio.ListenPipe(name, &winio.PipeConfig{SecurityDescriptor: me.descriptor()})
	if err != nil {
		return nil, "", fmt.Errorf("open the agent's pipe: %w", err)
	}
	path := nameFile(dir)
	// Written in place: a file open for reading cannot be replaced.
	note, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = note.WriteString(name)
		err = errors.Join(err, note.Close())
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("note the agent's pipe: %w", err), l.Close())
	}
	return &namedPipe{l, path}, "", nil
}

// namedPipe is a pipe whose name stands in a file.
type namedPipe struct {
	net.Listener
	file string
}

// Close takes the name away first. A file that stays, because somebody reads it, leads
// nowhere.
func (p *namedPipe) Close() error {
	_ = os.Remove(p.file)
	return p.Listener.Close()
}

// nameFile holds the name of the agent's pipe. Nobody can guess the name, and so
// nobody can take it before the agent does: any user may make a pipe of any name.
func nameFile(dir string) string {
	return strings.TrimSuffix(filepath.Join(dir, lockName()), ".lock") + ".pipe"
}

func pipePrefix() string {
	return `\\.\pipe\portico-` + strconv.FormatUint(uint64(sessionID()), 10) + "-"
}

// agentPipe is the pipe of the agent of dir, "" for none. Agents of version 0.1 have a
// guessable one: it follows from the user and dir. A half-written file names none yet.
func agentPipe(me identity, dir string) (name string, guessable bool, err error) {
	raw, err := os.ReadFile(nameFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		// Windows paths do not tell upper from lower case.
		return pipePrefix() + digest(me.user, strings.ToLower(filepath.Clean(dir))), true, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("find the agent's pipe: %w", err)
	}
	own, ours := strings.CutPrefix(string(raw), pipePrefix())
	if !ours || strings.Trim(own, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" || len(own) < 26 {
		return "", false, nil // only a pipe of this computer is ever opened
	}
	return string(raw), false, nil
}

func connect(ctx context.Context, dir string) (net.Conn, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the runtime directory: %w", err)
	}
	me, err := whoAmI()
	if err != nil {
		return nil, err
	}
	none := fmt.Errorf("connect in %s: %w", dir, ErrNoAgent)
	name, guessable, err := agentPipe(me, dir)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, none
	}
	conn, err := winio.DialPipeContext(ctx, name)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist), guessable:
		return nil, none
	default:
		return nil, fmt.Errorf("connect to the agent: %w", err)
	}
	if err := checkOwner(conn, me); err != nil {
		if guessable {
			err = none // another user has taken the name: it is no agent of this one
		}
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// checkPeer has nothing to add on Windows: the pipe's descriptor keeps other
// users out, and a client checks the owner when it connects.
func checkPeer(net.Conn) error { return nil }

// identity is the user and log-on session of this process.
type identity struct {
	// user is the SID of the user.
	user string
	// logon is the SID of the log-on session (S-1-5-5-X-Y), "" for a process
	// without one, such as a service.
	logon string
}

func whoAmI() (identity, error) {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return identity{}, fmt.Errorf("ask for this user's identity: %w", err)
	}
	groups, err := token.GetTokenGroups()
	if err != nil {
		return identity{}, fmt.Errorf("ask for this log-on session: %w", err)
	}
	me := identity{user: user.User.Sid.String()}
	for _, g := range groups.AllGroups() {
		if g.Attributes&windows.SE_GROUP_LOGON_ID == windows.SE_GROUP_LOGON_ID {
			me.logon = g.Sid.String()
		}
	}
	return me, nil
}

// descriptor lets in this user in this log-on session, and nobody else. A log-on session
// is one user's, so granting it alone asks for both; granting the user as well would open
// the pipe to that user's other sessions. The user owns the pipe, so that a client can
// tell its owner, and the entry for OW (owner rights) keeps the owner's implied right to
// change the list from other sessions.
func (me identity) descriptor() string {
	grant := me.logon
	if grant == "" {
		grant = me.user
	}
	return "O:" + me.user + "D:P(A;;GA;;;" + grant + ")(A;;RC;;;OW)"
}

// sessionID is the terminal-services session, 0 for services and when the
// system does not say.
func sessionID() uint32 {
	var id uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &id); err != nil {
		return 0
	}
	return id
}

// checkOwner refuses a pipe of somebody else under our name.
func checkOwner(conn net.Conn, me identity) error {
	pipe, ok := conn.(interface{ Fd() uintptr })
	if !ok {
		return fmt.Errorf("a %T has no owner to check: %w", conn, ErrUnsafe)
	}
	sd, err := windows.GetSecurityInfo(windows.Handle(pipe.Fd()), windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("ask whose pipe it is: %w", err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("ask whose pipe it is: %w", err)
	}
	if owner.String() != me.user {
		return fmt.Errorf("the pipe belongs to %s: %w", owner, ErrUnsafe)
	}
	return nil
}

// peerPID is the process of the pipe's maker, 0 if unknown.
func peerPID(conn net.Conn) int64 {
	pipe, ok := conn.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	var pid uint32
	if windows.GetNamedPipeServerProcessId(windows.Handle(pipe.Fd()), &pid) != nil {
		return 0
	}
	return int64(pid)
}
