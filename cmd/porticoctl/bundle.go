package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// bundleOptions are those of bundle.
type bundleOptions struct {
	*program
	Out   string
	Show  string
	Yes   bool
	Force bool
}

func newBundle(p *program, run func(context.Context, *bundleOptions) error) *cobra.Command {
	o := &bundleOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "bundle [--out FILE] [--force] [--yes] [--show NAME]",
		Short:                 p.words.Text("console.bundle.short"),
		Long:                  p.words.Text("console.bundle.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Out, "out", "", p.words.Text("console.bundle.flag.out"))
	flags.StringVar(&o.Show, "show", "", p.words.Text("console.bundle.flag.show"))
	flags.BoolVar(&o.Yes, "yes", false, p.words.Text("console.bundle.flag.yes"))
	flags.BoolVar(&o.Force, "force", false, p.words.Text("console.bundle.flag.force"))
	return cmd
}

// runBundle gathers first and asks then, so the person sees the files before agreeing.
func runBundle(ctx context.Context, o *bundleOptions) error {
	if err := o.checkOut(); err != nil {
		return err
	}
	if o.terminal && !o.json {
		o.say("console.bundle.gathering")
	}
	b, err := o.gather(ctx)
	if err != nil {
		return err
	}
	if o.Show != "" {
		return o.showFile(b)
	}
	path := o.Out
	if path == "" {
		path = b.Name
	}
	if o.terminal && !o.json {
		fmt.Fprintln(o.progress, o.words.Text("console.bundle.files"))
		o.listFiles(o.progress, b)
		if !o.Yes {
			if err := o.agree(ctx, path); err != nil {
				return err
			}
		}
	}
	doc := bundled{Name: b.Name, Time: b.Time, Files: []bundledFile{}}
	for _, f := range b.Files {
		doc.Files = append(doc.Files, bundledFile{Name: f.Name, Size: len(f.Text), About: o.words.Text("bundle." + f.Name)})
	}
	if doc.File, err = filepath.Abs(path); err != nil {
		return err
	}
	if doc.Size, err = writeBundle(b, path, o.Force); err != nil {
		return o.cannotWrite(path, err)
	}
	return o.print(doc, func(w io.Writer) {
		fmt.Fprintln(w, o.words.Text("console.bundle.done", "File", doc.File, "Size", sizeOf(doc.Size)))
	})
}

// checkOut refuses an existing file, or one without a folder, before half a minute is
// spent on gathering.
func (o *bundleOptions) checkOut() error {
	if o.Out == "" || o.Show != "" {
		return nil
	}
	folder := filepath.Dir(o.Out)
	if info, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return usage(o.words.Text("console.bundle.no-folder", "Folder", folder))
	}
	info, err := os.Lstat(o.Out)
	switch {
	case err != nil:
		return nil //nolint:nilerr // it is not there yet, or writing it says why
	case info.IsDir():
		return usage(o.words.Text("console.bundle.is-folder", "Folder", o.Out))
	case !o.Force:
		return usage(o.words.Text("console.bundle.exists", "File", o.Out))
	}
	return nil
}

// cannotWrite is why the file was not written: the person has chosen the place, and can
// choose another one.
func (o *bundleOptions) cannotWrite(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return usage(o.words.Text("console.bundle.exists", "File", path))
	}
	return usage(o.words.Text("console.bundle.unwritable", "File", path, "Reason", reasonOf(err)))
}

// gather asks the agent of this log-on session. If there is none, or one of another
// version, this program looks by itself.
func (o *bundleOptions) gather(ctx context.Context) (b localapi.Bundle, err error) {
	options, own := connectOptions{Passive: true, Still: true}, false
	ask := func() error {
		return o.with(ctx, options, func(c *connection) error {
			own = c.own
			b, err = c.Bundle(ctx)
			return err
		})
	}
	if err = ask(); err == nil || ctx.Err() != nil || own {
		return b, err
	}
	options.Alone = true
	err = ask()
	return b, err
}

func (o *bundleOptions) showFile(b localapi.Bundle) error {
	at := slices.IndexFunc(b.Files, func(f localapi.BundleFile) bool { return f.Name == o.Show })
	if at < 0 {
		var names []string
		for _, f := range b.Files {
			names = append(names, f.Name)
		}
		return usage(o.words.Text("console.bundle.no-such-file", "Name", o.Show, "Files", strings.Join(names, ", ")))
	}
	return o.print(b.Files[at], func(w io.Writer) { fmt.Fprint(w, b.Files[at].Text) })
}

func (o *bundleOptions) listFiles(w io.Writer, b localapi.Bundle) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range b.Files {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", f.Name, sizeOf(int64(len(f.Text))), o.words.Text("bundle."+f.Name))
	}
	_ = table.Flush()
}

// agree asks the person; nothing else than a yes is one.
func (o *bundleOptions) agree(ctx context.Context, path string) error {
	answer, err := o.ask(ctx, o.words.Text("console.bundle.ask", "File", path))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !slices.Contains(strings.Fields(o.words.Text("console.bundle.answers")), strings.ToLower(strings.TrimSpace(answer))) {
		return &localapi.Problem{Code: localapi.Cancelled}
	}
	return nil
}

// writeBundle writes the zip file for this person alone. With force, an existing file
// stays until the new one is whole.
func writeBundle(b localapi.Bundle, path string, force bool) (size int64, err error) {
	target := path
	if force {
		f, err := os.CreateTemp(filepath.Dir(path), ".portico-support-*")
		if err != nil {
			return 0, err
		}
		target = f.Name()
		if err := f.Close(); err != nil {
			return 0, err
		}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_TRUNC
	}
	f, err := os.OpenFile(target, flags, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(target)
		}
	}()
	err = b.Zip(f)
	if info, statErr := f.Stat(); statErr == nil {
		size = info.Size()
	}
	if err = errors.Join(err, f.Close()); err != nil || !force {
		return size, err
	}
	return size, os.Rename(target, path)
}

// sizeOf is a number of bytes for people.
func sizeOf(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// bundled is the document of bundle.
type bundled struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"`
	// File is its path.
	File  string        `json:"file"`
	Size  int64         `json:"size"`
	Files []bundledFile `json:"files"`
	trouble
}

// bundledFile is one file of a bundle, without its text.
type bundledFile struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	// About describes the file, in the person's language.
	About string `json:"about"`
}
