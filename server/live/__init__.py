"""The live hub: how subscribers of this process hear of what was committed."""
