"""The simplified procedure (art. 96 of Ley 39/2015): agreed, notified, opposed, back to the ordinary one."""
