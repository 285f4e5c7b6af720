"""The officials' office: inbox, tasks, expedientes, signing folder, registry, paper notifications."""
