package kerberos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// maxCache bounds a cache. A ticket of somebody in very many groups has 64 KB.
const maxCache = 4 << 20

// errNone is a cache without tickets.
var errNone = errors.New("there is no ticket")

// cache reads the person's cache.
func (l *LogOn) cache(ctx context.Context, c *config) (*cache, error) {
	name := l.cacheName(c)
	raw, err := c.readCache(ctx, name)
	var found *cache
	if err == nil {
		found, err = parseCache(raw)
	}
	switch {
	case errors.Is(err, errNone):
		return nil, lack(proxyauth.NoTicket, fmt.Errorf("%w in %s", err, name))
	case errors.Is(err, errors.ErrUnsupported):
		return nil, lack(proxyauth.NotHere, fmt.Errorf("the ticket cache %s is of a kind that cannot be read here", name))
	case err != nil:
		return nil, lack(proxyauth.Failing, fmt.Errorf("reading the ticket cache %s: %w", name, err))
	}
	found.name = name
	return found, nil
}

// cacheName is the cache as MIT's library names it, with its kind.
func (l *LogOn) cacheName(c *config) string {
	name := l.env("KRB5CCNAME")
	if name == "" {
		name = l.expand(c.defaultCache)
	}
	if name == "" {
		name = "FILE:/tmp/krb5cc_" + strconv.Itoa(os.Getuid())
		if runtime.GOOS == "darwin" {
			name = "API:"
		}
	}
	if kind, _, ok := strings.Cut(name, ":"); !ok || strings.Contains(kind, "/") {
		name = "FILE:" + name
	}
	return name
}

// expand replaces %{…} as MIT's library does.
func (l *LogOn) expand(name string) string {
	if !strings.Contains(name, "%{") {
		return name
	}
	login := l.env("USER")
	if u, err := user.Current(); err == nil {
		login = u.Username
	}
	id := strconv.Itoa(os.Getuid())
	temp := l.env("TMPDIR")
	if temp == "" {
		temp = "/tmp"
	}
	return strings.NewReplacer("%{uid}", id, "%{euid}", id, "%{USERID}", id, "%{username}", login, "%{TEMP}", temp, "%{null}", "").Replace(name)
}

// readCache is a cache's content in the form of a file (version 3 or 4).
func (c *config) readCache(ctx context.Context, name string) ([]byte, error) {
	kind, residual, _ := strings.Cut(name, ":")
	switch strings.ToUpper(kind) {
	case "FILE":
		return readFile(residual)
	case "DIR":
		if file, ok := strings.CutPrefix(residual, ":"); ok {
			return readFile(file)
		}
		primary, err := readFile(filepath.Join(residual, "primary"))
		file := strings.TrimSpace(string(primary))
		if errors.Is(err, errNone) {
			file, err = "tkt", nil
		}
		if err != nil || file != filepath.Base(file) || !strings.HasPrefix(file, "tkt") {
			return nil, cmpErr(err, errors.New("its primary names no cache"))
		}
		return readFile(filepath.Join(residual, file))
	case "KEYRING":
		return readKeyring(residual)
	case "KCM":
		return readKCM(ctx, c.kcmSocket, residual)
	}
	return nil, errors.ErrUnsupported
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// readFile reads a cache's file. The usual folder is open to everybody: somebody else's file
// in the person's place would show a proxy another person, and a pipe would hold the log-on.
func readFile(file string) ([]byte, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNone
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case !ours(info):
		return nil, errors.New("it is somebody else's file")
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxCache+1))
	if len(raw) > maxCache {
		return nil, errors.New("it is too large")
	}
	return raw, err
}
