"""Control maps: the depth, segmentation, edge, normal and flow images that steer a world model. numpy only."""
