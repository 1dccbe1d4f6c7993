//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// company are the decisions of IT on the computer of the tour's third part.
const company = `{
  "settings": {
    "PortalURL": "PORTAL", "Autostart": "always", "CloseToTray": "always", "RememberMe": "always",
    "ManagedByName": "Contoso IT", "ManagedByURL": "https://intranet.contoso.example/portico"
  }
}
`

// managed tells what a company decides for its computers, and what people find in the
// help when their portal does not answer.
func (t *tour) managed(ctx context.Context) (err error) {
	if t.provider, err = stage.DemoProvider(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.provider.Close()) }()
	if t.portal, err = t.startPortal(ctx); err != nil {
		return err
	}
	open := true
	defer func() {
		if open {
			err = errors.Join(err, t.portal.Close())
		}
	}()
	if t.stage, err = stage.New(ctx, stage.Params{Display: true, Log: t.log}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stage.Close()) }()
	w, err := t.openManaged(ctx)
	if err != nil {
		return err
	}
	if err := t.enter(ctx, w); err != nil {
		return err
	}
	if err := w.Key(ctx, "ctrl+comma"); err != nil {
		return err
	}
	if err := t.show(ctx, w, "settings-managed"); err != nil {
		return err
	}
	open = false
	if err := t.portal.Close(); err != nil {
		return err
	}
	return t.help(ctx, w)
}

// openManaged starts the window where the company's policy is. Only programs of this
// window see it.
func (t *tour) openManaged(ctx context.Context) (*stage.Window, error) {
	folder := filepath.Join(t.stage.Dir, "policy")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	policy := filepath.Join(folder, "policy.json")
	if err := os.WriteFile(policy, []byte(strings.ReplaceAll(company, "PORTAL", t.portal.URL())), 0o644); err != nil {
		return nil, err
	}
	script := strings.NewReplacer("FOLDER", folder, "PROGRAM", t.programs.Path("portico")).Replace(`
		mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work &&
		mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc &&
		mkdir -p -m 0755 /etc/portico && install -m 0644 FOLDER/policy.json /etc/portico/policy.json &&
		mkdir -p /etc/xdg/autostart &&
		printf '[Desktop Entry]\nType=Application\nName=Portico\nExec=PROGRAM-agent --autostart\n' >/etc/xdg/autostart/` + desktop.AutostartFile + ` &&
		exec PROGRAM`)
	args := []string{"--mount", "sh", "-c", script}
	if os.Getuid() != 0 {
		args = append([]string{"--user", "--map-root-user"}, args...)
	}
	portico, err := t.stage.Start(stage.Command{Name: "unshare", Args: args, Env: []string{"FYNE_THEME=light"}})
	if err != nil {
		return nil, err
	}
	w, err := t.stage.Display.Window(ctx, portico)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, portico.Tail())
	}
	if err := t.stage.Display.PointAway(ctx); err != nil {
		return nil, err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedOut); err != nil {
		return nil, err
	}
	return w, w.Focus(ctx)
}

// The places of the lines of the help in a window of the first size.
const helpX, checkY, sendY = 580, 150, 214

// help looks for what is wrong, and gathers everything for support.
func (t *tour) help(ctx context.Context, w *stage.Window) (err error) {
	agent, _, err := t.stage.Agent(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, agent.Close()) }()
	for _, part := range []struct {
		y    int
		name string
	}{{checkY, "check"}, {sendY, "send-to-support"}} {
		if err := w.Key(ctx, "ctrl+3"); err != nil {
			return err
		}
		if err := w.Settled(ctx); err != nil {
			return err
		}
		if err := w.Click(ctx, helpX, part.y); err != nil {
			return err
		}
		if err := t.stage.Display.PointAway(ctx); err != nil {
			return err
		}
		if err := t.answered(ctx, w, agent); err != nil {
			return err
		}
		if err := t.show(ctx, w, part.name); err != nil {
			return err
		}
	}
	return nil
}

// enter signs Ada in.
func (t *tour) enter(ctx context.Context, w *stage.Window) error {
	if err := w.Settled(ctx); err != nil {
		return err
	}
	if err := w.Key(ctx, "Tab", "Return"); err != nil {
		return err
	}
	page, err := t.stage.Browser.Opened(ctx)
	if err != nil {
		return err
	}
	if err := t.provider.SignIn(ctx, page, "ada"); err != nil {
		return err
	}
	if _, err := t.stage.WaitPhase(ctx, localapi.SignedIn); err != nil {
		return err
	}
	return w.Focus(ctx)
}

// answered waits until the window shows what the agent has found. When the same answer
// has come here, the window has it too, give or take the busyness of the computer; and
// then the picture is another one. If it is not, the answer was there from the
// beginning.
func (t *tour) answered(ctx context.Context, w *stage.Window, agent *localapi.Client) error {
	file := filepath.Join(t.stage.Dir, "answered.png")
	look := func() ([]byte, error) {
		if err := w.Settled(ctx); err != nil {
			return nil, err
		}
		if err := w.Picture(ctx, file); err != nil {
			return nil, err
		}
		return os.ReadFile(file)
	}
	before, err := look()
	if err != nil {
		return err
	}
	for range 5 {
		if _, err := agent.Bundle(ctx); err != nil {
			return err
		}
		now, err := look()
		if err != nil || !bytes.Equal(before, now) {
			return err
		}
	}
	return nil
}
