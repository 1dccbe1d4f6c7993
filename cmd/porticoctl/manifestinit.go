package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth"
)

// manifestInitOptions are those of manifest init.
type manifestInitOptions struct {
	*program
	File     string
	Name     string
	Preset   string
	Params   map[string]*string // the preset's, by name
	Issuer   string
	ClientID string
	Email    string
}

// usualManifest is the file of a manifest when nobody names one.
const usualManifest = "portico.json"

// manifestWritten is the document of manifest init.
type manifestWritten struct {
	File string `json:"file"`
	// Next are the commands to go on with.
	Next []string `json:"next"`
}

// newDescription is a manifest as it is written: of the members of manifest.Manifest those
// that somebody decided.
type newDescription struct {
	Version   int           `json:"version"`
	Name      string        `json:"name"`
	Support   *newSupport   `json:"support,omitempty"`
	Providers []newProvider `json:"providers"`
}

type newSupport struct {
	Email string `json:"email"`
}

type newProvider struct {
	ID        string `json:"id"`
	Preset    string `json:"preset,omitempty"`
	Tenant    string `json:"tenant,omitempty"`
	Host      string `json:"host,omitempty"`
	Realm     string `json:"realm,omitempty"`
	Authority string `json:"authority,omitempty"`
	ClientID  string `json:"client_id"`
}

func newManifestInit(p *program, run func(context.Context, *manifestInitOptions) error) *cobra.Command {
	o := &manifestInitOptions{program: p, Params: map[string]*string{}}
	cmd := &cobra.Command{
		Use:                   "init [FILE] [--name NAME] [--preset PRESET] [--tenant TENANT] [--host HOST] [--realm REALM] [--authority ADDRESS] [--client-id ID] [--email ADDRESS]",
		Short:                 p.words.Text("console.manifest.init.short"),
		Long:                  p.words.Text("console.manifest.init.long", "Presets", strings.Join(auth.Presets(), ", ")),
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && strings.TrimSpace(args[0]) == "" {
				return usage(p.words.Text("console.manifest.init.which"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = usualManifest
			if len(args) == 1 {
				o.File = args[0]
			}
			return run(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Name, "name", "", p.words.Text("console.manifest.init.flag.name"))
	flags.StringVar(&o.Preset, "preset", "", p.words.Text("console.manifest.init.flag.preset"))
	for _, param := range presetParams() {
		o.Params[param] = flags.String(param, "", p.words.Text("console.manifest.init.flag."+param))
	}
	flags.StringVar(&o.Issuer, "authority", "", p.words.Text("console.manifest.init.flag.authority"))
	flags.StringVar(&o.ClientID, "client-id", "", p.words.Text("console.manifest.init.flag.client-id"))
	flags.StringVar(&o.Email, "email", "", p.words.Text("console.manifest.init.flag.email"))
	for _, name := range append([]string{"name", "authority", "client-id", "email"}, presetParams()...) {
		completeFlag(cmd, name, completeNothing)
	}
	completeFlag(cmd, "preset", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return auth.Presets(), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// presetParams are the parameters of all presets, in the order of the questions.
func presetParams() []string { return []string{"tenant", "host", "realm"} }

// runManifestInit writes a manifest for one provider, good as far as a look at the text
// can tell. Nobody is asked over the network.
func runManifestInit(ctx context.Context, o *manifestInitOptions) error {
	if err := o.checkFile(); err != nil {
		return err
	}
	raw, err := o.compose(ctx)
	if err != nil {
		return err
	}
	if err := o.write(raw); err != nil {
		return err
	}
	name := desktop.Quoted(o.File)
	doc := manifestWritten{File: o.File, Next: []string{
		"porticoctl manifest check " + name, "porticoctl providers --manifest " + name, "porticoctl login --manifest " + name,
	}}
	return o.print(doc, func(w io.Writer) {
		fmt.Fprintln(w, o.words.Text("console.manifest.init.done", "File", o.File))
		for i, line := range doc.Next {
			fmt.Fprintf(w, "  %s\n    %s\n", line, o.words.Text(fmt.Sprintf("console.manifest.init.next-%d", i+1)))
		}
		fmt.Fprintln(w, o.words.Text("console.manifest.init.publish", "Path", manifest.Path))
	})
}

// checkFile refuses a file that is there, before anybody has answered questions.
func (o *manifestInitOptions) checkFile() error {
	if info, err := os.Stat(filepath.Dir(o.File)); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return usage(o.words.Text("console.bundle.no-folder", "Folder", filepath.Dir(o.File)))
	}
	if _, err := os.Lstat(o.File); err == nil {
		return o.exists()
	}
	return nil
}

func (o *manifestInitOptions) exists() error {
	return usage(o.words.Text("console.manifest.init.exists", "File", o.File))
}

// write makes the file, and never touches one that is there.
func (o *manifestInitOptions) write(raw []byte) error {
	f, err := os.OpenFile(o.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a manifest is public
	if errors.Is(err, fs.ErrExist) {
		return o.exists()
	}
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(o.File)
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}

// compose asks for what the command line left open, and makes the manifest of it.
func (o *manifestInitOptions) compose(ctx context.Context) ([]byte, error) {
	asked, err := o.complete(ctx)
	if err != nil {
		return nil, err
	}
	if asked && o.Email == "" {
		if o.Email, err = o.answer(ctx, "email"); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	d := newDescription{Version: 1, Name: o.Name, Providers: []newProvider{{
		ID: "work", Preset: o.Preset, Authority: o.Issuer, ClientID: o.ClientID,
		Tenant: *o.Params["tenant"], Host: *o.Params["host"], Realm: *o.Params["realm"],
	}}}
	if o.Email != "" {
		d.Support = &newSupport{Email: o.Email}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	m, err := manifest.Parse(out.Bytes(), o.File)
	var wrong *manifest.Error
	switch {
	case errors.As(err, &wrong):
		return nil, o.wrong(wrong.Field, wrong.Reason)
	case err != nil:
		return nil, err
	case len(m.Unused) > 0:
		return nil, o.wrong(m.Unused[0].Field, m.Unused[0].Reason)
	}
	return out.Bytes(), nil
}

func (o *manifestInitOptions) wrong(field, reason string) error {
	return usage(o.words.Text("console.manifest.init.wrong", "Field", field, "Reason", reason))
}

// complete asks for everything required that nobody has said, and tells if it did.
func (o *manifestInitOptions) complete(ctx context.Context) (asked bool, err error) {
	need := func(flag string, into *string) {
		if err == nil && *into == "" {
			asked = true
			*into, err = o.required(ctx, flag)
		}
	}
	need("name", &o.Name)
	if o.Issuer == "" {
		need("preset", &o.Preset)
	}
	if err != nil {
		return asked, err
	}
	// One question for both: whoever knows no preset has an address.
	if strings.Contains(o.Preset, "://") && o.Issuer == "" {
		o.Preset, o.Issuer = "", o.Preset
	}
	if o.Preset != "" && !slices.Contains(auth.Presets(), o.Preset) {
		return asked, o.wrong("preset", fmt.Sprintf("is %q; it has to be one of %s", o.Preset, strings.Join(auth.Presets(), ", ")))
	}
	for _, param := range o.missing() {
		need(param, o.Params[param])
	}
	need("client-id", &o.ClientID)
	return asked, err
}

// missing are the parameters that the chosen preset wants and nobody has given.
func (o *manifestInitOptions) missing() (params []string) {
	if o.Preset == "" || o.Issuer != "" {
		return nil
	}
	for _, param := range auth.PresetParams(o.Preset) {
		if *o.Params[param] == "" {
			params = append(params, param)
		}
	}
	return params
}

// required asks for a value, or says by which option it is given if nobody can be asked.
func (o *manifestInitOptions) required(ctx context.Context, flag string) (string, error) {
	if !o.terminal || o.json {
		return "", usage(o.words.Text("console.manifest.init.needs", "Flag", "--"+flag))
	}
	value, err := o.answer(ctx, flag)
	if errors.Is(err, io.EOF) || err == nil && value == "" {
		return "", usage(o.words.Text("console.manifest.init.needs", "Flag", "--"+flag))
	}
	return value, err
}

func (o *manifestInitOptions) answer(ctx context.Context, flag string) (string, error) {
	value, err := o.ask(ctx, o.words.Text("console.manifest.init.ask."+flag, "Presets", strings.Join(auth.Presets(), ", ")))
	return strings.TrimSpace(value), err
}
