package desktop

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
)

func systemPaths() (Paths, error) {
	data, err := xdg("XDG_DATA_HOME", ".local/share")
	if err != nil {
		return Paths{}, err
	}
	cache, err := xdg("XDG_CACHE_HOME", ".cache")
	if err != nil {
		return Paths{}, err
	}
	state, err := xdg("XDG_STATE_HOME", ".local/state")
	if err != nil {
		return Paths{}, err
	}
	p := Paths{Data: filepath.Join(data, "portico"), Cache: filepath.Join(cache, "portico"), Logs: filepath.Join(state, "portico", "logs")}
	if run := runtimeBase(runUser, os.Geteuid()); run != "" {
		p.Runtime = filepath.Join(run, "portico")
	} else {
		// Beside the cache, not within: emptying the cache must not take a
		// running agent's socket with it.
		p.Runtime = filepath.Join(cache, "portico-run")
	}
	return p, nil
}

// xdg is a base directory. The specification wants relative ones ignored.
func xdg(variable, below string) (string, error) {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := homeDir(user.Current)
	if err != nil {
		return "", fmt.Errorf("find the home directory: %w", err)
	}
	return filepath.Join(home, below), nil
}

// homeDir is HOME, or the account's if a service runs Portico's console for IT without
// HOME.
func homeDir(account func() (*user.User, error)) (string, error) {
	home, err := os.UserHomeDir()
	if err == nil {
		return home, nil
	}
	if u, unknown := account(); unknown == nil && filepath.IsAbs(u.HomeDir) {
		return u.HomeDir, nil
	}
	return "", err
}
