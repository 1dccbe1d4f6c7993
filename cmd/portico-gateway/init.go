package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

// begin are the files of a new portal folder beside its manifest.
//
//go:embed begin
var begin embed.FS

// initOptions are those of init.
type initOptions struct {
	url, name, email  string
	tenant            string
	authority, client string
	tls               string
	certificate, key  string
	print             bool
}

func (p *program) newInit() *cobra.Command {
	o := &initOptions{}
	c := &cobra.Command{
		Use: "init [FOLDER]", Short: "Write settings and a portal folder to begin with",
		Long: `Write a file of settings, a manifest, forms and apps to begin with, into FOLDER or here.
What no flag says is asked on a terminal. Nothing that is there is overwritten.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%q is too much", args[1])}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if o.print {
				_, err := io.WriteString(p.out, settings.Example)
				return err
			}
			folder := "."
			if len(args) == 1 {
				folder = args[0]
			}
			return p.init(folder, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.url, "url", "", "the address that people's computers will reach, as https://portal.example.com")
	f.StringVar(&o.name, "name", "", "the name that people read, as \"Contoso IT\"")
	f.StringVar(&o.email, "email", "", "the IT team's mail address, for people")
	f.StringVar(&o.tenant, "tenant", "", "for Microsoft 365: the directory, a GUID or a domain")
	f.StringVar(&o.authority, "authority", "", "for any other provider: its issuer")
	f.StringVar(&o.client, "client-id", "", "Portico's registration at the provider")
	f.StringVar(&o.tls, "tls", "", "file, acme, or off behind a proxy that speaks https")
	f.StringVar(&o.certificate, "certificate", "", "for --tls file: the certificate, a PEM file")
	f.StringVar(&o.key, "key", "", "for --tls file: its key, a PEM file")
	f.BoolVar(&o.print, "print", false, "print an example of all settings instead")
	return c
}

func (p *program) init(folder string, o *initOptions) error {
	file := filepath.Join(folder, "gateway.toml")
	portal := filepath.Join(folder, "portal")
	for _, name := range []string{file, portal} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return usageError{fmt.Errorf("%s is there already, and is not overwritten; name another folder, as in \"portico-gateway init portal2\"", name)}
		}
	}
	if o.authority != "" && o.tenant != "" {
		return usageError{errors.New("--tenant is for Microsoft 365, and --authority for any other provider; give one of them")}
	}
	if err := p.complete(o); err != nil {
		return err
	}
	text, err := settingsOf(o)
	if err != nil {
		return err
	}
	described, err := manifestOf(o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(portal, 0o755); err != nil {
		return fmt.Errorf("make the portal folder: %w", err)
	}
	from, err := fs.Sub(begin, "begin")
	if err != nil {
		return err
	}
	if err := os.CopyFS(portal, from); err != nil {
		return fmt.Errorf("write the portal folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(portal, "portico.json"), described, 0o644); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	done := struct {
		Settings string `json:"settings"`
		Portal   string `json:"portal"`
	}{file, portal}
	return p.print(done, func(w io.Writer) {
		at := ""
		if file != "gateway.toml" {
			at = " --settings " + file
		}
		fmt.Fprintf(w, `Written:
  %s: the settings
  %s/portico.json: how people sign in
  %s/forms: what people can ask for
  %s/menus: their apps

Next:
  portico-gateway check%s   tries all of it, and says what to do
  portico-gateway serve%s
`, file, portal, portal, portal, at, at)
	})
}

var line = regexp.MustCompile(`(?m)^(url|mode|certificate|key|listen) = .*$`)

// settingsOf is the example with the answers in it, and without the example's customers.
func settingsOf(o *initOptions) (string, error) {
	address, err := url.Parse(o.url)
	if err != nil {
		return "", err
	}
	host, port := "", address.Port()
	if address.Scheme == "http" {
		host = address.Hostname()
	}
	switch {
	case port != "":
	case o.tls == "off":
		port = "8443"
	default:
		port = "443"
	}
	values := map[string]string{"url": o.url, "mode": o.tls, "certificate": o.certificate, "key": o.key, "listen": net.JoinHostPort(host, port)}
	text, _, _ := strings.Cut(settings.Example, "# Customers, or parts of a company")
	text = line.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Fields(found)[0]
		return name + " = " + quoted(values[name])
	})
	text += `# With several customers, or parts of a company, each is an [[organization]]; see
# "portico-gateway init --print".
`
	if _, err := settings.Parse(text, "gateway.toml", nil); err != nil {
		return "", err
	}
	return text, nil
}

func quoted(s string) string {
	b, err := json.Marshal(s) // a string of JSON is one of TOML
	if err != nil {
		return `""`
	}
	return string(b)
}

// manifestOf is a manifest with one provider.
func manifestOf(o *initOptions) ([]byte, error) {
	provider := map[string]any{"id": "work", "title": "Work account", "client_id": o.client}
	if o.tenant != "" {
		provider["preset"], provider["tenant"], provider["title"] = "microsoft-entra", o.tenant, "Microsoft 365"
	} else {
		provider["authority"] = o.authority
	}
	m := map[string]any{
		"version": 1, "name": o.name, "providers": []any{provider},
		"api": map[string]any{"url": strings.TrimSuffix(o.url, "/")}, "tickets": map[string]any{"connector": "portal"},
	}
	if o.email != "" {
		m["support"] = map[string]any{"email": o.email}
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	parsed, err := manifest.Parse(raw, "portico.json")
	if err != nil {
		return nil, usageError{err}
	}
	for _, offered := range parsed.Offered() {
		if _, err := offered.Auth(); err != nil {
			return nil, usageError{err}
		}
	}
	return append(raw, '\n'), nil
}
