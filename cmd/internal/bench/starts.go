//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// hello is Fyne's smallest window, the floor under ours.
const hello = `package main

import (
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.New().NewWindow("Hello bench")
	w.SetContent(widget.NewLabel("Hello"))
	w.ShowAndRun()
}
`

// windowStart compares how long the window takes to appear with the agent
// running with how long a bare Fyne window takes, in turn.
func (b *bench) windowStart(ctx context.Context, pairs int) error {
	source := filepath.Join(b.dir, "hello.go")
	if err := os.WriteFile(source, []byte(hello), 0o600); err != nil {
		return err
	}
	bare := filepath.Join(b.dir, "hello")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "migrated_fynedo", "-ldflags=-s -w", "-o", bare, source)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the bare window: %w\n%s", err, out)
	}
	desk, err := b.desk(ctx, "idle")
	if err != nil {
		return err
	}
	agent, err := b.agent(ctx, desk)
	if err != nil {
		return err
	}
	defer agent.Stop()
	xev, err := b.stage.Start(stage.Command{Name: "stdbuf", Args: []string{"-oL", "xev", "-root", "-event", "substructure"}})
	if err != nil {
		return err
	}
	defer xev.Stop()
	var ours, theirs, ratios []float64
	for i := range pairs + 1 {
		portico, err := b.appears(ctx, xev, stage.Command{Name: b.program("portico"), Env: desk})
		if err != nil {
			return err
		}
		floor, err := b.appears(ctx, xev, stage.Command{Name: bare})
		if err != nil {
			return err
		}
		if i == 0 {
			continue // both have been read from disk now
		}
		ours, theirs = append(ours, portico.Seconds()), append(theirs, floor.Seconds())
		ratios = append(ratios, portico.Seconds()/floor.Seconds())
	}
	b.say("\n## The window's start, to the window on the screen (%d pairs in turn)\n", pairs)
	b.say("| | min | median | max |\n|---|---|---|---|")
	b.row("portico with its agent running, ms", ours, 1000)
	b.row("a bare Fyne window, ms", theirs, 1000)
	b.row("ratio (aim ≤ 1.15)", ratios, 1)
	return nil
}

// mapped counts the windows that xev has seen come to the screen. Its events are
// exact where asking again and again would round the time up.
func mapped(xev *stage.Process) int { return strings.Count(xev.Output(), "MapNotify event") }

func (b *bench) appears(ctx context.Context, xev *stage.Process, c stage.Command) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	before := mapped(xev)
	started := time.Now()
	p, err := b.stage.Start(c)
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	seen := 0
	if _, err := xev.WaitLine(ctx, func(line string) bool {
		if strings.HasPrefix(line, "MapNotify event") {
			seen++
		}
		return seen > before
	}); err != nil {
		return 0, fmt.Errorf("no window: %w\n%s", err, p.Tail())
	}
	return time.Since(started), nil
}

// silentStart counts the requests of a silent start, and compares the time of
// one, as a whole process, with curl making the same token request.
func (b *bench) silentStart(ctx context.Context, pairs int) error {
	portico, err := b.desk(ctx, "silent")
	if err != nil {
		return err
	}
	before, err := b.provider.Requests(ctx)
	if err != nil {
		return err
	}
	if _, err := b.status(ctx, portico); err != nil {
		return err
	}
	after, err := b.provider.Requests(ctx)
	if err != nil {
		return err
	}
	var asked []string
	total := 0
	for path, n := range after {
		if d := n - before[path]; d > 0 {
			asked, total = append(asked, fmt.Sprintf("%d × %s", d, path)), total+d
		}
	}
	slices.Sort(asked)

	known, err := b.refreshTokens(ctx)
	if err != nil {
		return err
	}
	if _, err := b.desk(ctx, "curl"); err != nil {
		return err
	}
	token, err := b.newToken(ctx, known)
	if err != nil {
		return err
	}
	var ours, theirs, ratios []float64
	for i := range pairs + 1 {
		us, err := b.status(ctx, portico)
		if err != nil {
			return err
		}
		var them time.Duration
		if token, them, err = b.curl(ctx, token); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		ours, theirs = append(ours, us.Seconds()), append(theirs, them.Seconds())
		ratios = append(ratios, us.Seconds()/them.Seconds())
	}
	b.say("\n## The silent start\n\nRequests to the provider: %d (%s); aim: 1.\n", total, strings.Join(asked, ", "))
	b.say("Time of the whole process, %d pairs in turn: `porticoctl status` with no agent running (key store, lock,", pairs)
	b.say("request, save, checks) against `curl` making the same token request.\n")
	b.say("| | min | median | max |\n|---|---|---|---|")
	b.row("porticoctl status, ms", ours, 1000)
	b.row("curl, ms", theirs, 1000)
	b.row("ratio", ratios, 1)
	return nil
}

func (b *bench) status(ctx context.Context, desk []string) (time.Duration, error) {
	started := time.Now()
	result, err := b.stage.Run(ctx, stage.Command{Name: b.program("porticoctl"), Args: []string{"status", "--json"}, Env: desk})
	took := time.Since(started)
	if err == nil && result.Code != 0 {
		err = fmt.Errorf("porticoctl status ended with %d: %s", result.Code, result.Tail)
	}
	return took, err
}

// refreshTokens reads what Portico keeps, as only this desk's owner can.
func (b *bench) refreshTokens(ctx context.Context) (map[string]bool, error) {
	secrets, err := b.stage.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	tokens := make(map[string]bool)
	for _, s := range secrets {
		if t := refreshToken(s.Value); t != "" {
			tokens[t] = true
		}
	}
	return tokens, nil
}

func (b *bench) newToken(ctx context.Context, known map[string]bool) (string, error) {
	now, err := b.refreshTokens(ctx)
	if err != nil {
		return "", err
	}
	for t := range now {
		if !known[t] {
			return t, nil
		}
	}
	return "", fmt.Errorf("no new sign-in among the %d that the key store holds", len(now))
}

// curl makes the token request that a silent start makes. The form goes in by
// standard input: an argument could be read by everybody on the machine.
func (b *bench) curl(ctx context.Context, token string) (next string, took time.Duration, err error) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"portico"}, "refresh_token": {token}}.Encode()
	endpoint := b.provider.Issuer() + b.provider.TokenPath()
	started := time.Now()
	result, err := b.stage.Run(ctx, stage.Command{
		Name: "curl", Args: []string{"--silent", "--fail", "--data", "@-", endpoint}, Stdin: bytes.NewReader([]byte(form)),
	})
	took = time.Since(started)
	if err != nil || result.Code != 0 {
		return "", 0, fmt.Errorf("curl ended with %d (%w)", result.Code, err)
	}
	var answer struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(result.Stdout), &answer); err != nil || answer.RefreshToken == "" {
		return "", 0, fmt.Errorf("the provider answered curl without a refresh token (%w)", err)
	}
	return answer.RefreshToken, took, nil
}

func (b *bench) row(name string, values []float64, scale float64) {
	slices.Sort(values)
	format := "%.0f"
	if scale == 1 {
		format = "%.2f"
	}
	b.say("| %s | "+format+" | "+format+" | "+format+" |", name, scale*values[0], scale*values[len(values)/2], scale*values[len(values)-1])
}

// refreshToken takes the token out of an entry of the key store, "" if it is
// not one that holds a sign-in.
func refreshToken(entry []byte) string {
	var head struct {
		Data []byte `json:"data"`
	}
	var kept struct {
		RefreshToken string `json:"refresh_token"`
	}
	if json.Unmarshal(entry, &head) != nil || json.Unmarshal(head.Data, &kept) != nil {
		return ""
	}
	return kept.RefreshToken
}
