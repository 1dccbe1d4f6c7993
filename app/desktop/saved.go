package desktop

import (
	"context"
	"os"
	"path/filepath"
)

// Downloads is the folder for files that a program saved for people: the one named by
// the system, or, if it is missing, the person's own folder. It is "" when this person
// has none at all.
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

// ShowFile shows a file in the system's file manager, with the file chosen if possible,
// else its folder. It waits for at most a second, in case this fails at once.
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
