package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// keyOptions are those of providers key.
type keyOptions struct {
	providersOptions
	Provider string
	New      bool
	// Drop is the id of the key to delete, when Dropping.
	Drop     string
	Dropping bool
	// Out is the file for the certificate.
	Out string
}

func newKey(p *program, run func(context.Context, *keyOptions) error) *cobra.Command {
	o := &keyOptions{providersOptions: providersOptions{program: p}}
	cmd := &cobra.Command{
		Use:                   "key ID [--new] [--drop KEY] [--out FILE] [--manifest FILE]",
		Short:                 p.words.Text("console.key.short"),
		Long:                  p.words.Text("console.key.long"),
		Args:                  o.oneProvider,
		ValidArgsFunction:     p.completeProviders,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Provider = args[0]
			o.Dropping = cmd.Flags().Changed("drop")
			if o.New && o.Dropping {
				return usage(p.words.Text("console.key.new-or-drop"))
			}
			return run(cmd.Context(), o)
		},
	}
	o.addManifest(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.New, "new", false, p.words.Text("console.key.flag.new"))
	f.StringVar(&o.Drop, "drop", "", p.words.Text("console.key.flag.drop"))
	f.StringVar(&o.Out, "out", "", p.words.Text("console.key.flag.out"))
	return cmd
}

// runKey shows, makes and deletes a provider's keys. Their private halves stay
// in the key store.
func runKey(ctx context.Context, o *keyOptions) error {
	return o.administer(ctx, func(c *connection) error {
		setup, err := o.find(ctx, c, o.Provider)
		if err != nil {
			return err
		}
		if err := o.check(setup); err != nil {
			return err
		}
		doc := providerKeys{Provider: setup.ID}
		if named(setup.Keys, o.Drop) {
			doc.Dropped = o.Drop
		}
		file, err := o.open()
		if err != nil {
			return err
		}
		defer file.close()
		if doc.Made, err = o.change(ctx, c); err != nil {
			return err
		}
		if setup, err = o.find(ctx, c, o.Provider); err != nil {
			return err
		}
		if doc.Keys = setup.Keys; doc.Keys == nil {
			doc.Keys = []localapi.ClientKey{}
		}
		if doc.File, err = o.write(file, doc.Keys); err != nil {
			return err
		}
		return o.print(doc, func(w io.Writer) { o.describe(w, setup, doc) })
	})
}

// check says why the request is impossible with the present keys, before anything is
// made, deleted or written.
func (o *keyOptions) check(setup localapi.ProviderSetup) error {
	if setup.ClientAuth != "private_key_jwt" {
		if o.Drop != "" && o.Out == "" {
			return nil // a remainder of a time with keys; nobody can list it
		}
		return usage(o.words.Text("console.key.not-wanted", "Title", setup.Title, "Method", setup.ClientAuth))
	}
	if problem := unreadable(setup); problem != nil {
		if reason := problem.Params["reason"]; problem.Code == localapi.ClientKeyUnusable && reason != "" {
			o.say("console.key.unreadable", "Title", setup.Title, "Error", reason)
		}
		return problem
	}
	return o.checkKeys(setup)
}

func (o *keyOptions) checkKeys(setup localapi.ProviderSetup) error {
	switch keys := setup.Keys; {
	case o.Dropping && !named(keys, o.Drop):
		return o.dropWhich(setup)
	case o.Dropping && keys[0].File != "":
		return usage(o.words.Text("console.key.drop-file", "File", keys[0].File))
	case o.New && len(keys) > 1:
		return usage(o.words.Text("console.key.two", "Provider", setup.ID, "Key", toRegister(keys).ID))
	case o.Out == "" || o.New:
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(setup.Keys), func(key localapi.ClientKey) bool { return o.Dropping && key.ID == o.Drop })
	switch {
	case len(rest) == 0:
		return usage(o.words.Text("console.key.no-key", "Provider", setup.ID))
	case toRegister(rest).Certificate == "":
		return usage(o.words.Text("console.key.no-certificate"))
	}
	return nil
}

// dropWhich is the refusal if no deletable key was named, with the list of keys.
func (o *keyOptions) dropWhich(setup localapi.ProviderSetup) error {
	if len(setup.Keys) == 0 {
		return usage(o.words.Text("console.key.drop-none", "Title", setup.Title))
	}
	var ids []string
	for _, key := range setup.Keys {
		ids = append(ids, key.ID)
	}
	return usage(o.words.Text("console.key.drop-unknown", "Key", o.Drop, "Title", setup.Title, "Keys", strings.Join(ids, ", ")))
}

// unreadable is why a provider's keys cannot be listed, nil when they can, also
// when there are none.
func unreadable(setup localapi.ProviderSetup) *localapi.Problem {
	var found *localapi.Problem
	for _, problem := range setup.Problems {
		switch {
		case problem.Code == localapi.ClientKeyMissing:
			return nil
		case problem.Code == localapi.ClientKeyUnusable, problem.Code == localapi.ProviderConfig, problem.Exit() == localapi.ExitKeyStore:
			found = &problem
		}
	}
	if len(setup.Keys) > 0 {
		return nil
	}
	return found
}

func named(keys []localapi.ClientKey, id string) bool {
	return slices.ContainsFunc(keys, func(key localapi.ClientKey) bool { return key.ID == id })
}

// change makes or deletes a key, and returns the id of the one made.
func (o *keyOptions) change(ctx context.Context, c *connection) (string, error) {
	req := localapi.KeyRequest{Provider: o.Provider, Key: o.Drop}
	switch {
	case o.New:
		made, err := c.NewKey(ctx, req)
		return made.ID, err
	case o.Dropping:
		return "", c.DropKey(ctx, req)
	}
	return "", nil
}

// certificateFile is the file for a certificate.
type certificateFile struct {
	*os.File
	// leave keeps the file when it is closed: it was there before, or something is
	// in it now.
	leave bool
}

// open opens the file before anything else is done: a second key is no help if nobody can
// register it. It is nil when no file is asked for. The file's content is left until
// there is something to write.
func (o *keyOptions) open() (*certificateFile, error) {
	if o.Out == "" {
		return nil, nil //nolint:nilnil // see above
	}
	const public = 0o644                                                    // as a certificate is
	f, err := os.OpenFile(o.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, public) //nolint:gosec // see above
	there := errors.Is(err, fs.ErrExist)
	if there {
		f, err = os.OpenFile(o.Out, os.O_WRONLY, public) //nolint:gosec // see above
	}
	if err != nil {
		return nil, o.notWritten(err)
	}
	return &certificateFile{File: f, leave: there}, nil
}

func (o *keyOptions) notWritten(err error) error {
	return usage(o.words.Text("console.key.not-written", "Error", err.Error()))
}

// close closes the file, and removes one made for nothing.
func (f *certificateFile) close() {
	if f == nil {
		return
	}
	_ = f.Close()
	if !f.leave {
		_ = os.Remove(f.Name())
	}
}

// write puts the certificate to be registered into the file: the second key's, not known
// to the provider yet, or the only one's.
func (o *keyOptions) write(file *certificateFile, keys []localapi.ClientKey) (string, error) {
	if file == nil {
		return "", nil
	}
	if len(keys) == 0 { // somebody else deleted it just now
		return "", usage(o.words.Text("console.key.no-key", "Provider", o.Provider))
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() { // and no terminal or pipe
		if err := file.Truncate(0); err != nil {
			return "", o.notWritten(err)
		}
	}
	_, err := file.WriteString(toRegister(keys).Certificate)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return "", o.notWritten(err)
	}
	file.leave = true
	return o.Out, nil
}

// toRegister is the newest of some keys.
func toRegister(keys []localapi.ClientKey) localapi.ClientKey {
	for _, key := range keys {
		if !key.Current {
			return key
		}
	}
	return keys[0]
}

func (o *keyOptions) describe(w io.Writer, setup localapi.ProviderSetup, doc providerKeys) {
	switch {
	case doc.Made != "":
		fmt.Fprintln(w, o.words.Text("console.key.made", "Title", setup.Title))
	case doc.Dropped != "":
		fmt.Fprintln(w, o.words.Text("console.key.dropped", "Title", setup.Title))
	case o.Dropping:
		fmt.Fprintln(w, o.words.Text("console.key.drop-left", "Title", setup.Title))
		return
	default:
		fmt.Fprintln(w, setup.Title)
	}
	if len(doc.Keys) == 0 {
		fmt.Fprintf(w, "  %s\n", o.words.Text("console.key.no-key", "Provider", setup.ID))
		return
	}
	var rows [][2]string
	for _, key := range doc.Keys {
		rows = append(rows, o.keyRows(key)...)
		rows = append(rows, [2]string{o.words.Text("console.key.row.jwk"), key.JWK})
	}
	table(w, rows)
	if doc.File != "" {
		fmt.Fprintln(w, o.words.Text("console.key.written", "File", doc.File))
	}
	if doc.Made == "" {
		return
	}
	fmt.Fprintln(w, o.where("key", setup))
	if len(doc.Keys) > 1 {
		fmt.Fprintln(w, o.words.Text("console.key.changes-over"))
	} else {
		fmt.Fprintln(w, o.words.Text("console.key.try", "Command", o.try(setup.ID)))
	}
}

// keyRows describe a key.
func (o *providersOptions) keyRows(key localapi.ClientKey) [][2]string {
	name := "console.key.row.next"
	if key.Current {
		name = "console.key.row.current"
	}
	rows := [][2]string{{o.words.Text(name), key.ID + " (" + key.Algorithm + ")"}}
	add := func(id, value string) { rows = append(rows, [2]string{o.words.Text(id), value}) }
	add("console.key.row.sha1", key.ThumbprintSHA1)
	add("console.key.row.sha256", key.ThumbprintSHA256)
	add("console.key.row.expires", day(key.Expires))
	add("console.key.row.file", key.File)
	return rows
}
