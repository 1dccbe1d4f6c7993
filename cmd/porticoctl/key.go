package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// keyOptions are those of providers key.
type keyOptions struct {
	providersOptions
	Provider string
	New      bool
	// Drop is the id of the key to delete.
	Drop string
	// Out is the file that the certificate is written to.
	Out string
}

func newKey(p *program, run func(context.Context, *keyOptions) error) *cobra.Command {
	o := &keyOptions{providersOptions: providersOptions{program: p}}
	cmd := &cobra.Command{
		Use:                   "key ID [--new] [--drop KEY] [--out FILE] [--manifest FILE]",
		Short:                 p.words.Text("console.key.short"),
		Long:                  p.words.Text("console.key.long"),
		Args:                  o.oneProvider,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Provider = args[0]
			switch {
			case o.New && cmd.Flags().Changed("drop"):
				return usage(p.words.Text("console.key.new-or-drop"))
			case cmd.Flags().Changed("drop") && o.Drop == "":
				return usage(p.words.Text("console.key.drop-which"))
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
		if setup.ClientAuth != "private_key_jwt" && o.Drop == "" {
			return usage(o.words.Text("console.key.not-wanted", "Title", setup.Title, "Method", setup.ClientAuth))
		}
		doc := providerKeys{Provider: setup.ID, Dropped: o.Drop}
		req := localapi.KeyRequest{Provider: setup.ID, Key: o.Drop}
		switch {
		case o.New:
			made, err := c.NewKey(ctx, req)
			if err != nil {
				return err
			}
			doc.Made = made.ID
		case o.Drop != "":
			if err := c.DropKey(ctx, req); err != nil {
				return err
			}
		}
		if setup, err = o.find(ctx, c, o.Provider); err != nil {
			return err
		}
		if doc.Keys = setup.Keys; doc.Keys == nil {
			doc.Keys = []localapi.ClientKey{}
		}
		if doc.File, err = o.write(doc.Keys); err != nil {
			return err
		}
		return o.print(doc, func(w io.Writer) { o.describe(w, setup, doc) })
	})
}

// write puts the certificate that is to be registered into the file that is asked
// for: the second key's, which the provider does not know yet, or the only one's.
func (o *keyOptions) write(keys []localapi.ClientKey) (string, error) {
	if o.Out == "" {
		return "", nil
	}
	if len(keys) == 0 {
		return "", usage(o.words.Text("console.key.no-key", "Provider", o.Provider))
	}
	key := toRegister(keys)
	if key.Certificate == "" {
		return "", usage(o.words.Text("console.key.no-certificate"))
	}
	// A certificate is public.
	if err := os.WriteFile(o.Out, []byte(key.Certificate), 0o644); err != nil {
		return "", usage(o.words.Text("console.key.not-written", "Error", err.Error()))
	}
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
