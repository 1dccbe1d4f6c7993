//go:build linux

package stage

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// A second run over the same profile would need the desktop's help to find the
// first, so the script asks the stage for a second page.
const firefoxScript = `#!/bin/sh
# Opens an address in the stage's browser.
profile='%[1]s'
events='%[2]s'
if kill -0 "$(cat "$profile/pid" 2>/dev/null)" 2>/dev/null; then
	printf 'stage: tab %%s\n' "$1" >"$events"
	exit 0
fi
echo "$$" >"$profile/pid"
printf 'stage: start %%s\n' "$$" >"$events"
exec firefox-esr --headless --no-remote --marionette --profile "$profile" "$1" >"$events" 2>&1 </dev/null
`

// firstAddress is the file in the profile with the first page's address.
const firstAddress = "first-address"

// firefoxPrefs keep a new profile from asking, and from calling home.
const firefoxPrefs = `user_pref("marionette.port", 0);
user_pref("dom.security.https_only_mode", %[1]v);
user_pref("app.normandy.enabled", false);
user_pref("app.update.auto", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.region.network.url", "");
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.search.update", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.systemAddon.update.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.trr.mode", 5);
user_pref("services.settings.server", "data:,");
user_pref("signon.rememberSignons", false);
user_pref("toolkit.telemetry.enabled", false);
`

func firefox(httpsOnly, trustAll bool) engine {
	script := firefoxScript
	if trustAll {
		// It trusts only from the first command on: the page waits for this.
		script = strings.Replace(script, `"$profile" "$1"`, `"$profile" about:blank`, 1)
		script = strings.Replace(script, "\nprintf 'stage: start", "\nprintf %%s \"$1\" >\"$profile/"+firstAddress+"\"\nprintf 'stage: start", 1)
	}
	return engine{
		programs: []string{"firefox-esr"},
		script:   script,
		prepare: func(profile string) error {
			if err := os.Mkdir(profile, 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(profile, "user.js"), fmt.Appendf(nil, firefoxPrefs, httpsOnly), 0o600)
		},
		connect: func(ctx context.Context, profile, line string) (wire, bool, error) {
			_, port, ok := strings.Cut(line, "Listening on port ")
			if !ok || !strings.Contains(line, "Marionette") {
				return nil, false, nil
			}
			m, err := marionetteAt(ctx, strings.TrimSpace(port), trustAll)
			if err == nil && trustAll {
				m.address, err = os.ReadFile(filepath.Join(profile, firstAddress))
			}
			return m, true, err
		},
	}
}

// marionette is Firefox's port for developers: messages of JSON behind their
// length, one answer to each command (Firefox Source Docs, Marionette protocol).
type marionette struct {
	conn   net.Conn
	reader *bufio.Reader
	closed chan struct{}
	end    sync.Once
	// address is the first page's address until it is opened.
	address []byte

	mu sync.Mutex // one command at a time, about the page switched to
	id int
}

func marionetteAt(ctx context.Context, port string, trustAll bool) (*marionette, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, fmt.Errorf("connect to the browser: %w", err)
	}
	m := &marionette{conn: conn, reader: bufio.NewReader(conn), closed: make(chan struct{})}
	context.AfterFunc(ctx, m.hangUp)
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bound(ctx)
	if _, err := m.read(); err != nil { // its greeting
		return nil, fmt.Errorf("connect to the browser: %w", err)
	}
	session := map[string]any{"acceptInsecureCerts": trustAll}
	if err := m.command(ctx, "WebDriver:NewSession", session, nil); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *marionette) hangUp() {
	m.end.Do(func() {
		close(m.closed)
		_ = m.conn.Close()
	})
}

func (m *marionette) bound(ctx context.Context) {
	until, _ := ctx.Deadline() // zero for none
	_ = m.conn.SetDeadline(until)
}

func (m *marionette) read() ([]byte, error) {
	length, err := m.reader.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil || n < 0 || n > 64<<20 {
		return nil, fmt.Errorf("the browser's message begins with %q", length)
	}
	message := make([]byte, n)
	_, err = io.ReadFull(m.reader, message)
	return message, err
}

// command gives a command and reads its answer. The caller holds mu.
func (m *marionette) command(ctx context.Context, name string, params, result any) error {
	m.id++
	message, err := json.Marshal([]any{0, m.id, name, params})
	if err != nil {
		return err
	}
	m.bound(ctx)
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(message), message); err != nil {
		m.hangUp()
		return fmt.Errorf("ask the browser for %s: %w", name, err)
	}
	raw, err := m.read()
	if err != nil {
		m.hangUp() // the next message could be the answer to this
		return fmt.Errorf("ask the browser for %s: %w", name, err)
	}
	var answer [4]json.RawMessage // 1, id, error, result
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("ask the browser for %s: %w", name, err)
	}
	if string(answer[2]) != "null" {
		var refused struct{ Error, Message string }
		_ = json.Unmarshal(answer[2], &refused)
		return fmt.Errorf("ask the browser for %s: %s: %s", name, refused.Error, refused.Message)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer[3], result)
}

func (m *marionette) first() (tab, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	m.mu.Lock()
	var handles []string
	err := m.command(ctx, "WebDriver:GetWindowHandles", struct{}{}, &handles)
	m.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case len(handles) == 0:
		return nil, errors.New("the browser came up without a page")
	}
	t := &marionetteTab{m: m, handle: handles[0]}
	if len(m.address) > 0 {
		return t, t.navigate(ctx, string(m.address))
	}
	return t, nil
}

// another opens the address in a new tab.
func (m *marionette) another(address string) (tab, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	m.mu.Lock()
	var created struct{ Handle string }
	err := m.command(ctx, "WebDriver:NewWindow", map[string]any{"type": "tab", "focus": true}, &created)
	m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	t := &marionetteTab{m: m, handle: created.Handle}
	return t, t.navigate(ctx, address)
}

// marionetteTab is a page of Firefox.
type marionetteTab struct {
	m      *marionette
	handle string
}

func (t *marionetteTab) lost() <-chan struct{} { return t.m.closed }

// do gives a command about this page.
func (t *marionetteTab) do(ctx context.Context, name string, params, result any) error {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	if err := t.m.command(ctx, "WebDriver:SwitchToWindow", map[string]any{"handle": t.handle, "focus": false}, nil); err != nil {
		return err
	}
	return t.m.command(ctx, name, params, result)
}

func (t *marionetteTab) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	var answer struct{ Value json.RawMessage }
	err := t.do(ctx, "WebDriver:ExecuteScript", map[string]any{"script": "return " + strings.TrimSpace(expression), "args": []any{}}, &answer)
	switch {
	case err != nil:
		return nil, err
	case len(answer.Value) == 0:
		return nil, errors.New("the page gave no answer")
	}
	return answer.Value, nil
}

// navigate does not wait for the page: it may be one without an end.
func (t *marionetteTab) navigate(ctx context.Context, address string) error {
	script := "window.location.href = " + quote(address) + ";"
	return t.do(ctx, "WebDriver:ExecuteScript", map[string]any{"script": script, "args": []any{}}, nil)
}

func (t *marionetteTab) picture(ctx context.Context) ([]byte, error) {
	var answer struct{ Value string }
	if err := t.do(ctx, "WebDriver:TakeScreenshot", map[string]any{"full": false}, &answer); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(answer.Value)
}

func (t *marionetteTab) close(ctx context.Context) error {
	return t.do(ctx, "WebDriver:CloseWindow", struct{}{}, nil)
}
