package desktop

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Paths are the places of Portico's files.
type Paths struct {
	// Data holds settings and everything else that must survive.
	Data string
	// Cache holds copies that can be fetched again.
	Cache string
	// Runtime holds the agent's socket and lock; see localapi.Listen.
	Runtime string
	// Logs holds the log, the record of sign-ins and crashes. Whoever writes the first
	// of them makes it.
	Logs string
	// Custom says that the person chose the place, so this Portico runs beside the usual
	// one.
	Custom bool
	// Shared says why Cache or Logs are below Data instead of their usual place: others
	// may write there. It is nil if both have their usual place.
	Shared *OwnerError
}

// PathsFor returns the paths below dataDir, or the system's own ones for "":
//
//   - Linux: $XDG_DATA_HOME/portico, $XDG_CACHE_HOME/portico,
//     $XDG_STATE_HOME/portico/logs and $XDG_RUNTIME_DIR/portico (XDG Base Directory
//     Specification 0.8), without the variable, or with one that names nothing, in the
//     runtime directory of this user's log-on session, and in
//     $XDG_CACHE_HOME/portico-run if there is none
//   - Windows: Data, Cache, Logs and Run below %LOCALAPPDATA%\Portico
//   - macOS: below ~/Library/Application Support, ~/Library/Caches and ~/Library/Logs
//
// All are absolute, and none lies within another. If others may write the usual place
// of the cache or the logs, these lie within Data instead; see [CheckOwned]. Nothing is
// made; see [Paths.Make].
func PathsFor(dataDir string) (Paths, error) {
	p, err := usualPaths(dataDir)
	if err != nil {
		return Paths{}, err
	}
	for name, dir := range map[string]*string{"cache": &p.Cache, "logs": &p.Logs} {
		var found *OwnerError
		// Among a person's folders root makes nothing at all; see CheckOwner.
		if errors.As(CheckOwned(*dir), &found) && !found.AsRoot {
			p.Shared = found
			*dir = filepath.Join(p.Data, name)
		}
	}
	return p, nil
}

func usualPaths(dataDir string) (Paths, error) {
	if dataDir == "" {
		return systemPaths()
	}
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return Paths{}, fmt.Errorf("find the data directory: %w", err)
	}
	return Paths{
		Data:    filepath.Join(dir, "data"),
		Cache:   filepath.Join(dir, "cache"),
		Runtime: filepath.Join(dir, "run"),
		Logs:    filepath.Join(dir, "logs"),
		Custom:  true,
	}, nil
}

// Settings is the file with the person's decisions. It may name a program to run as the
// browser.
func (p Paths) Settings() string { return filepath.Join(p.Data, "settings.json") }

// ChosenDataDir is the value of the environment variable PORTICO_DATA_DIR, for
// [PathsFor]. One of blanks alone is as if unset, as an empty one is: a script has made
// it so.
func ChosenDataDir() string {
	if dir := os.Getenv("PORTICO_DATA_DIR"); strings.TrimSpace(dir) != "" {
		return dir
	}
	return ""
}

// Make makes missing directories, for this user alone, except Logs. If
// [Paths.CheckOwner] finds a fault, it makes none and returns that error.
func (p Paths) Make() error {
	if err := p.CheckOwner(); err != nil {
		return err
	}
	for _, dir := range []string{p.Data, p.Cache, p.Runtime} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make Portico's directories: %w", err)
		}
	}
	// In a folder open to everybody, somebody may have been faster.
	return CheckOwned(p.Data)
}
