package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/ui"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

// demo runs the demo until its window is closed.
func demo(ctx context.Context, dir string, port int, fresh bool, out io.Writer) error {
	dir, err := folder(dir)
	if err != nil {
		return err
	}
	w := words.New(desktop.Language()...)
	d, err := open(ctx, place{dir: dir, port: port, fresh: fresh, words: w})
	if err != nil {
		return err
	}
	d.introduce(out)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopTelling := d.tell(ctx, out)
	err = ui.Run(ctx, ui.Params{
		Agent: d.agent, Words: w, OpenURL: desktop.OpenIn, OpenApp: desktop.OpenApp, Browsers: browsers, OpenWith: desktop.OpenWith,
		Downloads: desktop.Downloads(), ShowFile: desktop.ShowFile,
		Version: assets.Version,
		Memory:  filepath.Join(d.paths.Data, "window.json"),
	})
	cancel()
	stopTelling()
	return errors.Join(err, d.close())
}

// folder is the named folder, or the usual one.
func folder(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the demo's files: %w; name one with --data-dir", err)
	}
	return filepath.Join(cache, "portico-demo"), nil
}

// browsers are those of this computer, as the window names them.
func browsers(context.Context) []ui.Browser {
	var list []ui.Browser
	for _, b := range desktop.Browsers() {
		list = append(list, ui.Browser{ID: b.ID, Name: b.Name})
	}
	return list
}
