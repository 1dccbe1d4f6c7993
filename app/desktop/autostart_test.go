package desktop

import "testing"

func TestCommandOfALaunchAgent(t *testing.T) {
	const plist = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
	<key>EnvironmentVariables</key><dict><key>A</key><string>no</string></dict>
	<key>ProgramArguments</key>
	<array>
		<string>/Applications/Portico.app/Contents/MacOS/portico-agent</string>
		<string>--autostart</string>
	</array>
	<key>RunAtLoad</key><true/>
	<key>WatchPaths</key><array><string>/no</string></array>
</dict></plist>`
	for name, test := range map[string]struct{ text, want string }{
		"as packaged":   {plist, "/Applications/Portico.app/Contents/MacOS/portico-agent --autostart"},
		"no XML":        {"bplist00\x00", ""},
		"no arguments":  {"<plist><dict><key>Label</key><string>x</string></dict></plist>", ""},
		"broken off":    {"<plist><dict><key>ProgramArguments</key><array><string>/a</string>", "/a"},
		"another array": {"<plist><dict><key>WatchPaths</key><array><string>/no</string></array></dict></plist>", ""},
	} {
		if got := programArguments(test.text); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
