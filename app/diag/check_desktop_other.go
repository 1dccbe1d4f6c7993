//go:build !linux

package diag

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
)

func (x *examination) checkTray(context.Context) []*check {
	const id = "tray"
	switch {
	case x.Tray:
		return []*check{good(id, groupComputer, "", "the icon is shown")}
	case x.Background:
		return []*check{warning(id, groupComputer, "", x.problem(localapi.NoTray, nil), "the program in the background shows no icon")}
	}
	return []*check{skipped(id, groupComputer, "", "the program in the background could not be asked, as it is not running")}
}

func (x *examination) checkNotifications(context.Context) []*check {
	return []*check{skipped("notifications", groupComputer, "", "this system always has them; whether Portico may show some is not asked")}
}

func (x *examination) checkOpenGL(context.Context) []*check {
	if x.Window != nil {
		return []*check{x.windowFailed()}
	}
	return []*check{skipped("opengl", groupComputer, "", "only opening the window shows it on this system")}
}
