package agent

import "github.com/portico-desktop/portico/app/localapi"

// updater is what is told of every change; the tray.
type updater interface{ Update(localapi.State) }

func (a *Agent) runTray()      {}
func (a *Agent) watchNetwork() {}
