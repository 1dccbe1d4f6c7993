package desktop

import (
	"context"
	"os"
	"path/filepath"
)

// Downloads is the folder in which people look for files that a program saved for
// them: the one that the system names, or the person's own folder where that is not
// there. It is "" when this person has none at all.
func Downloads() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	for _, folder := range []string{systemDownloads(home), filepath.Join(home, "Downloads")} {
		if info, err := os.Stat(folder); err == nil && info.IsDir() && filepath.IsAbs(folder) {
			return folder
		}
	}
	return home
}

// ShowFile shows a file in the system's file manager, with the file chosen where
// that can be done, or its folder where not. It waits for at most a second, to see
// whether that fails at once.
func ShowFile(ctx context.Context, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return err // it was removed since, and nothing else is meant
	}
	return opener{patience: patience}.watch(ctx, func() error { return showFile(file) })
}
