package localapi

// For tests of who may have which pipe.
var (
	NameFile   = nameFile
	PipePrefix = pipePrefix
)

// AgentPipe is agentPipe for this user.
func AgentPipe(dir string) (name string, guessable bool, err error) {
	me, err := whoAmI()
	if err != nil {
		return "", false, err
	}
	return agentPipe(me, dir)
}
